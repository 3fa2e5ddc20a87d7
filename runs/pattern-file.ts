/** @file Patterns for `recall` and `store`, from files of any format that a task can have, in the units of a run. */
import { InputError } from '../src/errors.ts';
import { MOST_NUMBERS } from '../src/memory/inputs.ts';
import { sizeOf } from '../src/shapes.ts';
import { openPatterns } from '../tasks/files/open.ts';
import { nameOf, type Patterns } from '../tasks/files/patterns.ts';
import type { LoadedRun } from './run-folder.ts';

/** What a memory takes, and how its files are to be read. */
export interface Units {
  /** Of one pattern. */
  shape: readonly number[];
  /** What became 0 to 1 in training: files of the same kind are read alike. Default: 0 to 1, and bytes 0 to 255. */
  range?: readonly [low: number, high: number];
  /** Pictures of other sizes are brought to that of the memory. */
  resize?: boolean;
}

/** The units of a run: those of its own files where it was trained on files. */
export function unitsOf({ model, config }: Pick<LoadedRun, 'model' | 'config'>, resize = false): Units {
  const { task } = config;
  return { shape: model.patternShape, resize, ...(task.name === 'files' ? { range: task.range } : {}) };
}

/**
 * Patterns in [0, 1].
 * @param path as a task has it: a file, FILE#NAME, or a folder
 * @throws InputError naming the file and pattern
 */
export async function readPatterns(path: string, units: Units): Promise<Float32Array[]> {
  const patterns = await openPatterns(path, pictureOptions(units));
  const size = sizeOf([...units.shape]);
  if (patterns.count * size > MOST_NUMBERS) {
    throw new InputError(
      `${path}: ${patterns.count} patterns of ${size} values, expected at most ${MOST_NUMBERS} numbers`,
    );
  }
  checkSize(patterns, units);
  const rows = Array.from({ length: patterns.count }, (_, i) => Float64Array.from(patterns.read(i)));
  const [low, high] = rangeOf(patterns, rows, units);
  for (const [i, row] of rows.entries()) {
    const wrong = row.find((v) => !(v >= low && v <= high));
    if (wrong !== undefined)
      throw new InputError(
        `${nameOf(patterns, i)} holds ${wrong}, expected numbers from ${low} to ${high}${hint(rows, high)}`,
      );
  }
  return rows.map((row) => Float32Array.from(row, (v) => (v - low) / (high - low)));
}

/** A mask likewise, of as many patterns as there are queries. */
export async function readMask(path: string, units: Units, queries: number): Promise<Float32Array[]> {
  const rows = await readPatterns(path, { ...units, range: undefined });
  for (const [i, row] of rows.entries()) {
    const wrong = row.find((v) => v !== 0 && v !== 1);
    if (wrong !== undefined)
      throw new InputError(
        `${path}: pattern ${i + 1} holds ${wrong}, expected 1 where a query is known to be right and 0 elsewhere`,
      );
  }
  if (rows.length !== queries)
    throw new InputError(`${path}: has ${rows.length} patterns for ${queries} queries`);
  return rows;
}

/** Of images, pictures have the channels and, where asked, the size of the memory's. */
function pictureOptions({ shape, resize }: Units) {
  const [height, width, channels] = shape;
  const image = shape.length === 3 && (channels === 1 || channels === 3);
  return {
    ...(image ? { colour: channels === 1 ? ('grey' as const) : ('rgb' as const) } : {}),
    ...(image && resize ? { size: [height, width] as [number, number] } : {}),
    sizeOption: '--resize',
  };
}

function checkSize(patterns: Patterns, { shape }: Units): void {
  const [found, expected] = [sizeOf([...patterns.shape]), sizeOf([...shape])];
  if (found === expected) return;
  if (patterns.shape.length < 2)
    throw new InputError(`${nameOf(patterns, 0)} has ${found} values, expected ${expected}`);
  throw new InputError(
    `${patterns.label}: patterns of shape [${patterns.shape.join(', ')}], expected [${shape.join(', ')}]${patterns.picture ? '; --resize brings pictures to the size of the memory' : ''}`,
  );
}

/** What becomes 0 to 1. */
function rangeOf(patterns: Patterns, rows: Float64Array[], { range }: Units): readonly [number, number] {
  const every = (good: (v: number) => boolean) => rows.every((row) => row.every(good));
  if (patterns.bytes) return every((v) => v <= 1) ? [0, 1] : [0, 255];
  // Bits may be written as 0 and 1, whatever those of training were.
  if (!range || every((v) => v === 0 || v === 1)) return [0, 1];
  return range[0] === 0 && every((v) => v >= 0 && v <= 1) ? [0, 1] : range;
}

/** Other conventions, which are told rather than guessed. */
function hint(rows: Float64Array[], high: number): string {
  const every = (good: (v: number) => boolean) => rows.every((row) => row.every(good));
  if (high !== 1) return '';
  if (every((v) => v === -1 || v === 1)) return ': these are -1 and +1, so add 1 and divide by 2';
  if (every((v) => Number.isInteger(v) && v >= 0 && v <= 255))
    return ': these look like bytes, so divide by 255';
  return '';
}
