/** @file What a sweep varies, as a JSON file: `--plan FILE.json`. Keys of a configuration are dotted, as for --set. */
import { z } from 'zod';
import { InputError } from '../../src/errors.ts';
import { readJson } from '../run-folder.ts';
import { type Axis, choiceOf, type Range, rangeOf } from './axes.ts';

const whole = z.int().min(1);
const values = z.array(z.unknown()).min(1);

const planSchema = z.strictObject({
  /** Changes of every trial. */
  set: z.record(z.string(), z.unknown()).default({}),
  grid: z.record(z.string(), values).default({}),
  random: whole.optional(),
  /** Ends, or the values to choose from. */
  ranges: z
    .record(
      z.string(),
      z.union([
        values,
        z.strictObject({ low: z.number(), high: z.number(), scale: z.enum(['linear', 'log']).optional() }),
      ]),
    )
    .default({}),
  list: z.array(z.record(z.string(), z.unknown())).default([]),
  seeds: whole.optional(),
  seed: z.int().min(0).optional(),
  steps: whole.optional(),
  patterns: z.array(whole).min(1).optional(),
  episodes: whole.optional(),
});

export interface PlanFile extends Omit<z.output<typeof planSchema>, 'grid' | 'ranges'> {
  grid: Axis[];
  ranges: Range[];
}

/** @throws InputError naming the key that is wrong */
export async function readPlanFile(file: string): Promise<PlanFile> {
  const result = planSchema.safeParse(await readJson(file));
  if (!result.success) {
    const [{ path, message }] = result.error.issues;
    throw new InputError(`${file}: ${path.join('.') || 'all of it'}: ${message}`);
  }
  const { grid, ranges, ...rest } = result.data;
  return {
    ...rest,
    grid: Object.entries(grid).map(([key, all]) => ({ key, values: all })),
    ranges: Object.entries(ranges).map(([key, range]) =>
      Array.isArray(range)
        ? choiceOf({ key, values: range })
        : rangeOf(key, range, (why) => {
            throw new InputError(`${file}: ranges.${key}: ${why}`);
          }),
    ),
  };
}
