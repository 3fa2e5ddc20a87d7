import { type CorruptionModule, z } from 'ebmm';

/** `--set corruption.length=8` */
export const options = z.object({ length: z.int().min(1).default(16) });

/** A gap: `length` neighbouring values are lost, and read as 0.5. */
const gap: CorruptionModule<z.output<typeof options>> =
  ({ options: { length } }) =>
  // In place: `query` holds a pattern in [0, 1]; `known` is 1 everywhere, and becomes 0 where recall must not rely on the query.
  (query, known, random) => {
    const start = random.integer(Math.max(1, query.length - length + 1));
    query.fill(0.5, start, start + length);
    known.fill(0, start, start + length);
  };

export default gap;
