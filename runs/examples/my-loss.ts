import { type LossModule, tf, z } from 'ebmm';

/** `--set loss.sharpness=4` */
export const options = z.object({ sharpness: z.number().positive().default(2) });

/** Cross-entropy of bits, -1 and +1: what is recalled, times `sharpness`, is taken for the logit of a bit. */
const loss: LossModule<z.output<typeof options>> =
  ({ options: { sharpness } }) =>
  // All [episodes, queries, ...patternShape]; returns one number for each episode, [episodes].
  ({ recalled, patterns }) => {
    const margins = tf.mul(tf.mul(patterns, recalled), 2 * sharpness);
    const [episodes] = recalled.shape;
    return tf.mean(tf.softplus(tf.neg(tf.reshape(margins, [episodes, -1]))), 1);
  };

export default loss;
