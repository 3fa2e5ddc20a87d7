/**
 * @file heldout.json of a run folder: its error on the validation split, at given loads, after some or all of its updates. What
 * chooses among runs; the test split is for telling how good the chosen one is.
 */
import { existsSync } from 'node:fs';
import { z } from 'zod';
import { InputError } from '../src/errors.ts';
import { writeFileAtomically } from '../src/files.ts';
import { paths, readJson } from './run-folder.ts';
import { bestValidation, readValidations } from './validations.ts';

/** JSON has null for a number that is not finite. */
const error = z.number().nullable();

/** How runs are judged: on the same episodes, so that their errors compare. */
export const judgingSchema = z.strictObject({
  split: z.literal('validation'),
  /** Loads, whose errors are averaged. */
  patterns: z.array(z.int().min(1)).min(1),
  /** At each load. */
  episodes: z.int().min(1),
  /** Of the episodes. */
  seed: z.int().min(0),
});
export type Judging = z.output<typeof judgingSchema>;

const judgementSchema = z.strictObject({
  /** Updates that the run was to have had. */
  steps: z.int().min(0),
  /** Mean over loads of the mean error of a recalled pattern, in `unit`; null: not finite. */
  error,
  unit: z.enum(['bits', 'squared error']),
  errors: z.array(z.strictObject({ patterns: z.int(), error })),
  /** The update whose checkpoint was the best by validation while training, where it was not the last. */
  best: z.int().optional(),
  /** The update at which patience ended training, where that was before. */
  ended: z.int().optional(),
  /** Seconds of training until then. */
  seconds: z.number(),
  /** What computed it. */
  engine: z.string(),
});
export type Judgement = z.output<typeof judgementSchema>;

const heldoutSchema = judgingSchema.extend({ judgements: z.array(judgementSchema) });
export type Heldout = z.output<typeof heldoutSchema>;

/**
 * What a run is known to err by on held-out patterns, after ever more updates; undefined where nothing is.
 * @throws InputError when the file is something else
 */
export async function readHeldout(folder: string): Promise<Heldout | undefined> {
  const file = paths(folder).heldout;
  if (!existsSync(file)) return undefined;
  const read = heldoutSchema.safeParse(await readJson(file));
  if (read.success) return read.data;
  const [{ path, message }] = read.error.issues;
  throw new InputError(
    `${file}: not a record of held-out errors (${path.join('.') || 'all of it'}: ${message})`,
  );
}

/** Those that were judged as asked, by ever more updates. */
export async function readJudgements(folder: string, judging: Judging): Promise<Judgement[]> {
  const heldout = await readHeldout(folder);
  if (!heldout) return [];
  const { judgements, ...there } = heldout;
  return JSON.stringify(there) === JSON.stringify(judging) ? judgements : [];
}

/** Adds a judgement to those that were made alike, in the place of one after as many updates. */
export async function saveJudgement(folder: string, judging: Judging, judgement: Judgement): Promise<void> {
  const others = (await readJudgements(folder, judging)).filter(({ steps }) => steps !== judgement.steps);
  const judgements = [...others, judgement].sort((a, b) => a.steps - b.steps);
  const heldout: Heldout = { ...judging, judgements };
  await writeFileAtomically(paths(folder).heldout, `${JSON.stringify(heldout, null, 1)}\n`);
}

/** What a run errs by on held-out patterns, and how that was measured. */
export interface HeldoutError {
  error: number;
  /** In words; errors compare where it is the same. */
  way: string;
  /** Updates that the run had had when it was judged; absent of validation while training. */
  steps?: number;
}

/**
 * By its last judgement, or else by the best validation while it was trained.
 * @throws InputError when the record is damaged
 */
export async function heldoutOf(folder: string): Promise<HeldoutError | undefined> {
  const heldout = await readHeldout(folder);
  const judgement = heldout?.judgements.at(-1);
  if (heldout && judgement && judgement.error !== null) {
    const { error, ended, steps } = judgement;
    return { error, steps: ended ?? steps, way: wayOf(heldout.patterns, heldout.episodes, heldout.seed) };
  }
  const best = bestValidation(await readValidations(folder));
  if (!best || !Number.isFinite(best.error)) return undefined;
  return { error: best.error, way: wayOf(best.loads.map(({ patterns }) => patterns), best.episodes, best.seed) }; // biome-ignore format: one object
}

const wayOf = (patterns: readonly number[], episodes: number, seed: number) =>
  `${episodes} episodes of ${patterns.join(', ')} patterns, seed ${seed}`;
