/** @file validation.jsonl: a line for each validation while training, which of them was the best, and when patience is at its end. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Config } from '../meta/config.ts';
import * as args from '../src/arguments.ts';
import type { Validation } from './records.ts';
import { readStepLog, StepLog } from './step-log.ts';

/** JSON has null for a number that is not finite. */
const number = z
  .number()
  .nullable()
  .transform((value) => value ?? Number.POSITIVE_INFINITY);

const validationSchema = z.looseObject({
  step: z.int().min(0),
  error: number,
  loads: z
    .array(z.looseObject({ patterns: z.int().min(1), error: number, error_p5: number, error_p95: number }))
    .min(1),
  episodes: z.int().min(1),
  seed: z.number(),
  best: z.boolean(),
  seconds: z.number(),
  validation_seconds: z.number(),
});

const VALIDATIONS = args.listOf(
  args.fields({ error: args.anyNumber, loads: args.listOf(args.object) }),
  'a list of validations',
);

export const validationsPath = (folder: string) => join(folder, 'validation.jsonl');

/**
 * All validations of a run folder, in the order of their steps; none where the run has not validated. An error that was not
 * finite reads as infinite.
 */
export async function readValidations(folder: string): Promise<Validation[]> {
  args.check('readValidations', { folder: [folder, args.name] });
  return readStepLog<Validation>(validationsPath(folder), validationSchema);
}

/** Opens the log of a run that has had `step` updates; where there is none, only once something is validated. */
export const openValidations = async (folder: string, step: number): Promise<StepLog<Validation>> =>
  StepLog.open(validationsPath(folder), step, await readValidations(folder));

export const hasValidations = (folder: string) => existsSync(validationsPath(folder));

/** Whether two validations measured the same: loads, episodes and seed. */
export function comparable(a: Validation, b: Validation): boolean {
  return a.episodes === b.episodes && a.seed === b.seed && loadsOf(a) === loadsOf(b);
}

const loadsOf = ({ loads }: Validation) => loads.map(({ patterns }) => patterns).join();

/** Those that can be compared with the last one: after a change of what is validated, comparison begins anew. */
export function latest(validations: readonly Validation[]): Validation[] {
  const last = validations.at(-1);
  return last ? validations.filter((each) => comparable(each, last)) : [];
}

/** The best of those that can be compared with the last one, the first of equals; undefined where nothing was validated. */
export function bestValidation(validations: readonly Validation[]): Validation | undefined {
  args.check('bestValidation', { validations: [validations, VALIDATIONS] });
  return latest(validations).reduce<Validation | undefined>(
    (best, each) => (best && best.error <= each.error ? best : each),
    undefined,
  );
}

/** Whether so many validations in a row were no better that the run is at its end, early. */
export function patienceSpent(
  { validate }: Pick<Config['training'], 'validate'>,
  validations: readonly Validation[],
): boolean {
  if (validate?.patience === undefined) return false;
  const own = latest(validations);
  const best = bestValidation(own);
  return best !== undefined && own.length - 1 - own.indexOf(best) >= validate.patience;
}
