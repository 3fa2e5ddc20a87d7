import { stream, type Task, type TaskGiven, z } from 'ebmm';

/** `--set task.activity=0.05` */
export const options = z.object({
  dimension: z.int().min(1).max(100_000).default(64),
  activity: z.number().gt(0).lt(1).default(0.2),
});

/** Sparse random bits: each is 1 with probability `activity`. */
export default ({ options: { dimension, activity } }: TaskGiven<z.output<typeof options>>): Task => ({
  name: 'sparse',
  patternShape: [dimension],
  unit: 'bits',
  bitsPerValue: 1,
  corruption: `flip:${Math.ceil(dimension / 16)}`,
  // [count, ...patternShape] in [0, 1], the same whenever it is asked for: drawn from a stream named after split, seed and index.
  patterns(split, seed, index, count) {
    const random = stream(seed, 'sparse', split, index);
    return Float32Array.from({ length: count * dimension }, () => Number(random.uniform() < activity));
  },
});
