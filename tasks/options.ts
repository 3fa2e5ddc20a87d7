/** @file Validates options with zod, and tells what is wrong with them in one line. */
import type { z } from 'zod';
import { InputError } from '../src/errors.ts';

/** The options with defaults filled in. Throws InputError naming the first option that is wrong, as `label.option`. */
export function parseOptions<S extends z.ZodType>(schema: S, options: unknown, label: string): z.output<S> {
  const result = schema.safeParse(options);
  if (result.success) return result.data;
  const [{ path, message }] = result.error.issues;
  throw new InputError(`${[label, ...path].join('.')}: ${message}`);
}
