/** @file `ebmm recall RUN --patterns FILE --queries FILE`: stores a user's own patterns and recalls from their queries. */

import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { fromRange, toRange } from '../meta/units.ts';
import type { Engine } from '../src/compile/index.ts';
import { InputError } from '../src/errors.ts';
import { writeFileAtomically } from '../src/files.ts';
import { sizeOf } from '../src/shapes.ts';
import type { IO } from './io.ts';
import { filmstrip } from './plots/index.ts';
import { type LoadedRun, loadRun, memoryOf } from './run-folder.ts';
import { storedState } from './stored-state.ts';

export interface RecallCommand {
  run: string;
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
  const run = await loadRun(options.run);
  const { patternShape } = run.model;
  const size = sizeOf(patternShape);
  if ((options.patterns === undefined) === (options.stored === undefined))
    throw new InputError('recall: give --patterns, or --stored with what was stored before');
  const patterns = options.patterns ? await readPatterns(options.patterns, size) : [];
  const queries = await readPatterns(options.queries, size);
  const known = options.known ? await readPatterns(options.known, size) : undefined;
  if (known && known.length !== queries.length) {
    throw new InputError(`${options.known}: has ${known.length} lines for ${queries.length} queries`);
  }
  const [memory, weights] = await storedIn(run, patterns, options);
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
  if (options.out) await writeFileAtomically(resolve(options.out), `${text}\n`);
  else io.out(text);
  if (options.picture) {
    if (patterns.length !== queries.length) {
      throw new InputError('--picture: needs a query for every pattern, in the same order');
    }
    const strip = { patternShape, patterns, frames: [queries, ...frames], energies: result.energies };
    await writeFileAtomically(resolve(options.picture), filmstrip(strip));
  }
}

/** The memory to read with, and what it has stored: these patterns, or what a file holds; rounded where asked. */
async function storedIn(run: LoadedRun, patterns: Float32Array[], { engine, stored, bits }: RecallCommand) {
  const memory = memoryOf(run, engine);
  const [reader, state] = stored
    ? await storedState(stored, run, memory)
    : [memory, await memory.write(toRange(flat(patterns), memory.range), 1, patterns.length)];
  return bits === undefined ? ([reader, state] as const) : reader.rounded(state, 1, bits);
}

const flat = (rows: Float32Array[]) => Float32Array.from(rows.flatMap((row) => Array.from(row)));
const split = (values: Float32Array, size: number) =>
  Array.from({ length: values.length / size }, (_, i) => values.slice(i * size, (i + 1) * size));

/** @throws InputError naming the file and line */
export async function readPatterns(file: string, size: number): Promise<Float32Array[]> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new InputError(
      `${file}: ${error.code === 'ENOENT' ? 'no such file' : `cannot be read (${error.code})`}`,
    );
  });
  const rows = text.trimStart().startsWith('[') ? fromJson(text, file) : fromLines(text, file);
  if (rows.length === 0) throw new InputError(`${file}: holds no patterns`);
  for (const [i, row] of rows.entries()) {
    const where = `${file}: pattern ${i + 1}`;
    if (row.length !== size) throw new InputError(`${where} has ${row.length} values, expected ${size}`);
    const wrong = row.find((v) => typeof v !== 'number' || !(v >= 0 && v <= 1));
    if (wrong !== undefined)
      throw new InputError(`${where} holds ${JSON.stringify(wrong)}, expected numbers from 0 to 1`);
  }
  return rows.map((row) => Float32Array.from(row));
}

function fromJson(text: string, file: string): number[][] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new InputError(`${file}: not JSON (${(error as Error).message.split('\n')[0]})`);
  }
  if (!Array.isArray(value) || !value.every(Array.isArray)) {
    throw new InputError(`${file}: expected a JSON list of lists of numbers`);
  }
  return value.map((row) => row.flat(Number.POSITIVE_INFINITY));
}

function fromLines(text: string, file: string): number[][] {
  const lines = text.split('\n').map((line) => line.replace(/[\s,]/g, ''));
  return lines.flatMap((line, i) => {
    if (line === '') return [];
    if (!/^[01]+$/.test(line)) throw new InputError(`${file}: line ${i + 1} is not a row of 0 and 1`);
    return [Array.from(line, Number)];
  });
}
