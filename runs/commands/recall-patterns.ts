/** @file `ebmm recall RUN --patterns FILE [--queries FILE]`: stores a user's own patterns and recalls from their queries. */

import { resolve } from 'node:path';
import { fromRange, recallError, toRange } from '../../meta/units.ts';
import type { Engine } from '../../src/compile/index.ts';
import { InputError } from '../../src/errors.ts';
import { checkWritable, writeFileAtomically } from '../../src/files.ts';
import { sizeOf } from '../../src/shapes.ts';
import { arrayFormat, encodeArrays } from '../arrays.ts';
import { type IO, keep } from '../io.ts';
import { filmstrip } from '../plots/index.ts';
import { type InputOptions, recallInput } from '../recall-input.ts';
import { type LoadedRun, loadRun, memoryOf } from '../run-folder.ts';
import { storedState } from '../stored-state.ts';
import { short } from '../table.ts';

export interface RecallCommand extends InputOptions {
  run: string;
  /** The checkpoint of the run's best validation, not its last. */
  best?: boolean;
  /** Trained parameters from this file instead of the run's. */
  weights?: string;
  engine: Engine;
  /** Bits that every stored number is rounded to, 1 to 16 or 32; default: as it is. */
  bits?: number;
  steps?: number;
  /** Write the recalled patterns there instead of to standard output. */
  out?: string;
  /** Write a filmstrip there. */
  picture?: string;
  json?: boolean;
}

export async function recallCommand(options: RecallCommand, io: IO): Promise<void> {
  const run = await loadRun(options.run, { best: options.best, weights: options.weights });
  const { patternShape } = run.model;
  const size = sizeOf(patternShape);
  const { patterns, queries, known, corruption } = await recallInput(run, options, io);
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
  // Arrays hold every digit, text those that people read.
  const exact = options.out !== undefined && arrayFormat(options.out) !== undefined;
  const rows = recalled.map((p) =>
    Array.from(p, (v) => (binary ? Number(v > 0.5) : exact ? v : Number(v.toFixed(5)))),
  );
  const errors =
    corruption === undefined ? undefined : errorsOf(patterns, queries, recalled, patternShape, binary);
  const result = {
    patterns: rows,
    energies: energies.map((e) => Array.from(e)),
    floats: memory.floats,
    ...(errors ? { corruption, known: Boolean(known), ...errors } : {}),
  };
  const text = options.json
    ? JSON.stringify(result)
    : rows.map((row) => (binary ? row.join('') : JSON.stringify(row))).join('\n');
  const { out, picture } = options;
  const format = out && arrayFormat(out);
  if (errors && !options.json) {
    io.err(
      `${corruption}, uncorrupted entries ${known ? 'known' : 'not known'}: mean error of ${patterns.length} patterns ${short(errors.error)} ${errors.unit}, of their queries ${short(errors.query_error)}`,
    );
  }
  const contents = () => {
    if (!format) return `${text}\n`;
    const array = (values: Float32Array, count: number) => ({ shape: [count, ...patternShape], values });
    const trace = energies.length > 0 && {
      energies: { shape: [energies.length, queries.length], values: joined(energies) },
    };
    return encodeArrays(format, {
      recalled: array(joined(rows.map((row) => Float32Array.from(row))), queries.length),
      queries: array(flat(queries), queries.length),
      ...(known && { known: array(flat(known), queries.length) }),
      ...(patterns.length > 0 && { patterns: array(flat(patterns), patterns.length) }),
      ...trace,
    });
  };
  const written = out && (await keep(io, () => writeFileAtomically(resolve(out), contents())));
  // Arrays are for programs: people and pipes get what was asked for with --json, or nothing.
  if (!written || (format && options.json)) io.out(text);
  if (picture) {
    const strip = { patternShape, patterns, frames: [queries, ...frames], energies: result.energies };
    await keep(io, () => writeFileAtomically(resolve(picture), filmstrip(strip)));
  }
}

/** Mean errors of what is recalled and of the queries that it was recalled from. */
function errorsOf(
  patterns: Float32Array[],
  queries: Float32Array[],
  recalled: Float32Array[],
  patternShape: number[],
  binary: boolean,
) {
  const unit = binary ? ('bits' as const) : ('squared error' as const);
  const error = (rows: Float32Array[]) =>
    recallError({ unit, patternShape }, [0, 1], flat(rows), flat(patterns));
  return { unit, error: error(recalled), query_error: error(queries) };
}

/** @throws InputError when a result would take the place of what it is made from, FileError when it cannot be written */
async function checkOutput(
  file: string,
  { patterns, task, queries, known, stored, out, picture }: RecallCommand,
) {
  const inputs = [patterns, task, queries, known, stored].filter((input) => typeof input === 'string');
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
function joined(rows: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(rows.reduce((sum, row) => sum + row.length, 0));
  let at = 0;
  for (const row of rows) {
    all.set(row, at);
    at += row.length;
  }
  return all;
}
const split = (values: Float32Array, size: number) =>
  Array.from({ length: values.length / size }, (_, i) => values.slice(i * size, (i + 1) * size));
