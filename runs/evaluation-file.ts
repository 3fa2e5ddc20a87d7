/** @file evaluation.json of a run folder, and the history of all its evaluations in evaluations/; checked when read. */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { link, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { InputError } from '../src/errors.ts';
import { onFile, writeFileAtomically } from '../src/files.ts';
import { type IO, keep } from './io.ts';
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
export async function readEvaluation(folder: string): Promise<KeptEvaluation | undefined> {
  const file = paths(folder).evaluation;
  return existsSync(file) ? parsed(file) : undefined;
}

async function parsed(file: string): Promise<KeptEvaluation> {
  const result = evaluationSchema.safeParse(await readJson(file));
  if (result.success) return result.data as unknown as KeptEvaluation;
  const [{ path, message }] = result.error.issues;
  throw new InputError(`${file}: not an evaluation (${path.join('.') || 'all of it'}: ${message})`);
}

/** Who made an evaluation, when, and of what: kept with it, not printed. */
export interface Making {
  at: string;
  ebmm: string;
  engine: Record<string, string | number>;
  command?: readonly string[];
  /** Updates of the checkpoint that was evaluated, and a checksum of its parameters. */
  step: number;
  parameters: string;
  /** Whether it was made as the run was trained: its patterns (test split), corruption, known entries, steps, and numbers as they are. */
  own: boolean;
}

export type KeptEvaluation = Evaluation & { made_with?: Making };

/**
 * Keeps an evaluation of a run: as one more file of evaluations/, and as evaluation.json, which is that of most rows and episodes of the
 * run's own protocol, the latest of several.
 * @param replace evaluation.json whatever it holds
 */
export async function saveEvaluation(
  folder: string,
  evaluation: KeptEvaluation,
  io: IO,
  { replace = false }: { replace?: boolean } = {},
): Promise<void> {
  const text = `${JSON.stringify(evaluation, null, 2)}\n`;
  let kept = '';
  await keep(io, async () => {
    kept = await addToHistory(folder, evaluation, text);
  });
  const file = paths(folder).evaluation;
  const why = replace ? undefined : await reasonToLeave(file, evaluation);
  if (why && kept)
    io.err(`${file} ${why} and is left as it is (--replace puts this one in its place): this one is ${kept}`);
  if (!why) await keep(io, () => writeFileAtomically(file, text));
}

export const historyOf = (folder: string) => join(folder, 'evaluations');

/** All evaluations of a run that were kept, the oldest first. @throws InputError where one of them is none */
export async function readEvaluations(folder: string): Promise<(KeptEvaluation & { file: string })[]> {
  const names = await readdir(historyOf(folder)).catch(() => []);
  const files = names
    .filter((name) => /^\d+-.*\.json$/.test(name))
    .sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10));
  return Promise.all(
    files.map(async (name) => ({ ...(await parsed(join(historyOf(folder), name))), file: name })),
  );
}

/** A file of its own, under the next number. */
async function addToHistory(folder: string, evaluation: Evaluation, text: string): Promise<string> {
  const at = historyOf(folder);
  const { corruption, known } = evaluation;
  const what = `${corruption} ${known ? 'known' : 'not known'}`.replace(/[^\w.]+/g, '-').slice(0, 60);
  return onFile(at, async () => {
    await mkdir(at, { recursive: true });
    const temporary = join(at, `${randomBytes(4).toString('hex')}.partial`);
    await writeFile(temporary, text, { flag: 'wx' });
    try {
      const numbers = (await readdir(at)).map((name) => Number(/^(\d+)-/.exec(name)?.[1] ?? 0));
      for (let n = Math.max(0, ...numbers) + 1; ; n++) {
        const file = join(at, `${String(n).padStart(3, '0')}-${what}.json`);
        // Of several that add at once, each gets a name of its own.
        const error = await link(temporary, file).then(
          () => undefined,
          (e: NodeJS.ErrnoException) => e,
        );
        if (!error) return file;
        if (error.code === 'EEXIST') continue;
        // Some file systems have no links.
        await writeFile(file, text, { flag: 'wx' });
        return file;
      }
    } finally {
      await rm(temporary, { force: true });
    }
  });
}

/** Why evaluation.json is not to be replaced; undefined where it is. */
async function reasonToLeave(file: string, evaluation: KeptEvaluation): Promise<string | undefined> {
  if (!existsSync(file)) return undefined;
  const held = await parsed(file).catch(() => undefined);
  if (!held) return 'is no such record';
  if (isOwn(held) !== isOwn(evaluation)) {
    return isOwn(held) ? 'was made as the run was trained, which this result was not,' : undefined;
  }
  const [before, now] = [held, evaluation].map(amountOf);
  return before.every((count, i) => now[i] >= count) ? undefined : 'holds more than this result';
}

/** Evaluations of before there was a record of it were made as trained, unless they say otherwise. */
const isOwn = ({ made_with, steps, best, rows }: KeptEvaluation) =>
  made_with?.own ??
  (steps === undefined && best === undefined && rows.every(({ bits }) => bits === undefined));

/** Rows, and the fewest episodes of one. */
const amountOf = ({ rows }: Evaluation) => [rows.length, Math.min(...rows.map(({ episodes }) => episodes))];
