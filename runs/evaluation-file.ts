/** @file evaluation.json of a run folder, checked. */
import { existsSync } from 'node:fs';
import { z } from 'zod';
import { InputError } from '../src/errors.ts';
import { writeFileAtomically } from '../src/files.ts';
import { type IO, keep } from './io.ts';
import { placeFor } from './outputs.ts';
import type { Evaluation } from './records.ts';
import { paths, readJson } from './run-folder.ts';

/** JSON has null for a number that is not finite. */
const number = z.number().nullable();

const evaluationSchema = z.looseObject({
  task: z.string(),
  corruption: z.string(),
  known: z.boolean(),
  dimension: z.number(),
  seed: z.number(),
  references: z.array(z.object({ patterns: z.number(), name: z.string(), bits: z.number() })).optional(),
  rows: z
    .array(
      z.looseObject({
        memory: z.string(),
        patterns: z.number(),
        floats: z.number(),
        error: number,
        error_p5: number,
        error_p95: number,
        unit: z.enum(['bits', 'squared error']),
        episodes: z.number(),
        bits_per_float: number.optional(),
        compression: number,
        bits: z.number().optional(),
        memory_bits: z.number().optional(),
      }),
    )
    .min(1),
});

/**
 * The evaluation of a run; undefined when there is none.
 * @throws InputError when the file is no evaluation
 */
export async function readEvaluation(folder: string): Promise<Evaluation | undefined> {
  const file = paths(folder).evaluation;
  if (!existsSync(file)) return undefined;
  const result = evaluationSchema.safeParse(await readJson(file));
  if (result.success) return result.data as unknown as Evaluation;
  const [{ path, message }] = result.error.issues;
  throw new InputError(`${file}: not an evaluation (${path.join('.') || 'all of it'}: ${message})`);
}

/** Writes the evaluation of a run as evaluation.json or, where the one there holds more, beside it. */
export async function saveEvaluation(folder: string, evaluation: Evaluation, io: IO): Promise<void> {
  const file = await placeFor(paths(folder).evaluation, evaluation, amountOf, io);
  await keep(io, () => writeFileAtomically(file, `${JSON.stringify(evaluation, null, 2)}\n`));
}

/** Rows, and the fewest episodes of one. */
const amountOf = ({ rows }: Evaluation) => [rows.length, Math.min(...rows.map(({ episodes }) => episodes))];
