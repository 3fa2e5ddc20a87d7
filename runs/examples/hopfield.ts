import { rivals, tf } from 'ebmm';

const patterns = tf.sign(tf.randomNormal([12, 64], 0, 1, 'float32', 3));
const known = tf.concat([tf.zeros([12, 16]), tf.ones([12, 48])], 1);
const queries = tf.mul(patterns, tf.sub(tf.mul(known, 2), 1));

export const wrong: Record<string, number> = {};
for (const name of ['hebb', 'pseudo-inverse', 'modern'] as const) {
  const stored = await rivals[name]({ seed: 1 }).store(patterns);
  const { patterns: recalled } = await stored.recall(queries, { known });
  wrong[name] = tf.sum(tf.notEqual(tf.sign(recalled), patterns)).arraySync() as number;
  console.log(`${name}: ${wrong[name]} wrong bits of ${12 * 16}, in ${stored.floats} floats`);
}
