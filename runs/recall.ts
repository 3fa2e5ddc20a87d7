/** @file `ebmm recall RUN --patterns FILE --queries FILE`: stores a user's own patterns and recalls from their queries. */

import { resolve } from 'node:path';
import { fromRange, toRange } from '../meta/units.ts';
import type { Engine } from '../src/compile/index.ts';
import { InputError } from '../src/errors.ts';
import { checkWritable, writeFileAtomically } from '../src/files.ts';
import { sizeOf } from '../src/shapes.ts';
import { type IO, keep } from './io.ts';
import { readMask, readPatterns } from './pattern-file.ts';
import { filmstrip } from './plots/index.ts';
import { type LoadedRun, loadRun, memoryOf } from './run-folder.ts';
import { storedState } from './stored-state.ts';

export interface RecallCommand {
  run: string;
  /** The checkpoint of the run's best validation, not its last. */
  best?: boolean;
  engine: Engine;
  /** A file of patterns: a JSON list of lists of numbers in [0, 1], or one pattern a line of 0 and 1. */
  patterns?: string;
  /** Instead of patterns: what `store` wrote. */
  stored?: string;
  /** Bits that every stored number is rounded to, 1 to 16 or 32; default: as it is. */
  bits?: number;
  queries: string;
  /** Likewise, 1 where the query is known to be right. */
  known?: string;
  steps?: number;
  /** Write the recalled patterns there instead of to standard output. */
  out?: string;
  /** Write a filmstrip there. */
  picture?: string;
  json?: boolean;
}

export async function recallCommand(options: RecallCommand, io: IO): Promise<void> {
  const run = await loadRun(options.run, { best: options.best });
  const { patternShape } = run.model;
  const size = sizeOf(patternShape);
  if ((options.patterns === undefined) === (options.stored === undefined))
    throw new InputError('recall: give --patterns, or --stored with what was stored before');
  const patterns = options.patterns ? await readPatterns(options.patterns, size) : [];
  const queries = await readPatterns(options.queries, size);
  const known = options.known ? await readMask(options.known, size, queries.length) : undefined;
  if (options.picture && patterns.length !== queries.length) {
    throw new InputError('--picture: needs a query for every pattern, in the same order');
  }
  for (const file of [options.out, options.picture]) if (file) await checkOutput(file, options);
  const [memory, weights] = await storedIn(run, patterns, options, io);
  const { iterates, energies } = await memory.read(
    weights,
    toRange(flat(queries), memory.range),
    1,
    queries.length,
    {
      known: known && flat(known),
      steps: options.steps,
      trace: true,
    },
  );
  const frames = iterates.map((x) => split(fromRange(x, memory.range), size));
  const recalled = frames.at(-1)!;
  const binary = (options.stored ? queries : patterns).every((p) => p.every((v) => v === 0 || v === 1));
  const rows = recalled.map((p) => Array.from(p, (v) => (binary ? Number(v > 0.5) : Number(v.toFixed(5)))));
  const result = { patterns: rows, energies: energies.map((e) => Array.from(e)), floats: memory.floats };
  const text = options.json
    ? JSON.stringify(result)
    : rows.map((row) => (binary ? row.join('') : JSON.stringify(row))).join('\n');
  const { out, picture } = options;
  if (!out || !(await keep(io, () => writeFileAtomically(resolve(out), `${text}\n`)))) io.out(text);
  if (picture) {
    const strip = { patternShape, patterns, frames: [queries, ...frames], energies: result.energies };
    await keep(io, () => writeFileAtomically(resolve(picture), filmstrip(strip)));
  }
}

/** @throws InputError when a result would take the place of what it is made from, FileError when it cannot be written */
async function checkOutput(file: string, { patterns, queries, known, stored, out, picture }: RecallCommand) {
  const inputs = [patterns, queries, known, stored].filter((input) => input !== undefined);
  if (inputs.some((input) => resolve(input) === resolve(file)))
    throw new InputError(`${file}: is read by this command, so it is not written over`);
  if (out && picture && resolve(out) === resolve(picture))
    throw new InputError(`--out and --picture: both are ${file}`);
  await checkWritable(resolve(file));
}

/** The memory to read with, and what it has stored: these patterns, or what a file holds; rounded where asked. */
async function storedIn(
  run: LoadedRun,
  patterns: Float32Array[],
  { engine, stored, bits }: RecallCommand,
  io: IO,
) {
  const memory = memoryOf(run, engine);
  const [reader, state] = stored
    ? await storedState(stored, run, memory)
    : [memory, await memory.write(toRange(flat(patterns), memory.range), 1, patterns.length, slowedIn(io))];
  return bits === undefined ? ([reader, state] as const) : reader.rounded(state, 1, bits);
}

/** Says where patterns were written in smaller steps than those of training. */
export const slowedIn = (io: IO) => ({
  slowed(_: number, scale: number) {
    io.err(
      `these patterns overlap more, or are more, than those of training: they were stored in steps ${scale.toPrecision(2)} times as large, and may be recalled badly`,
    );
  },
});

const flat = (rows: Float32Array[]) => Float32Array.from(rows.flatMap((row) => Array.from(row)));
const split = (values: Float32Array, size: number) =>
  Array.from({ length: values.length / size }, (_, i) => values.slice(i * size, (i + 1) * size));
