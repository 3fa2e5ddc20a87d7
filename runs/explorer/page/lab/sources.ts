/** @file Where patterns come from: drawings at hand, digits, random bits, or one's own. */
import { stream } from '../../../../src/random.ts';
import { binaryTask } from '../../../../tasks/binary.ts';
import { parseCorruption } from '../../../../tasks/corruption.ts';
import { drawDigits } from './digits.ts';

export type SourceKind = 'drawings' | 'digits' | 'bits' | 'own';

export interface PatternSet {
  kind: SourceKind;
  /** Of the draw; for one's own patterns 0. */
  seed: number;
  /** [rows, columns] as shown. */
  rows: number;
  columns: number;
  count: number;
  /** [count, rows * columns], in [0, 1]. */
  values: Float32Array;
}

/** How a pattern of this shape is shown: an image as it is, a vector in rows about twice as wide as high. */
export function gridOf(patternShape: readonly number[]): { rows: number; columns: number } {
  if (patternShape.length > 1) return { rows: patternShape[0], columns: patternShape[1] };
  const [d] = patternShape;
  let rows = Math.max(1, Math.floor(Math.sqrt(d / 2)));
  while (d % rows !== 0) rows--;
  return { rows, columns: d / rows };
}

/**
 * @param drawings all drawings at hand, [n, 1024]
 * @returns the set, of fewer patterns where there are fewer drawings
 */
export function drawSet(
  kind: Exclude<SourceKind, 'own'>,
  patternShape: readonly number[],
  count: number,
  seed: number,
  drawings: Float32Array,
): PatternSet {
  const grid = gridOf(patternShape);
  const d = grid.rows * grid.columns;
  if (kind === 'bits') {
    const values = binaryTask({ dimension: d }).patterns('test', seed, 0, count);
    return { kind, seed, ...grid, count, values };
  }
  if (kind === 'digits') return { kind, seed, ...grid, count, values: drawDigits(count, grid.rows, seed) };
  const all = drawings.length / d;
  const chosen = stream(seed, 'explorer', 'drawings').permutation(all).subarray(0, count);
  const values = new Float32Array(chosen.length * d);
  for (const [n, from] of chosen.entries()) values.set(drawings.subarray(from * d, (from + 1) * d), n * d);
  return { kind, seed, ...grid, count: chosen.length, values };
}

export interface Query {
  /** In [0, 1]. */
  values: Float32Array;
  /** 1 where the entry is known to be right. */
  known: Float32Array;
}

/** The pattern, corrupted as the memory was trained. */
export function spoil(
  pattern: Float32Array,
  corruption: string,
  patternShape: readonly number[],
  seed: number,
): Query {
  const { apply } = parseCorruption(corruption, { patternShape: [...patternShape], bitsPerValue: 1 });
  const query = { values: pattern.slice(), known: new Float32Array(pattern.length).fill(1) };
  apply(query.values, query.known, stream(seed, 'explorer', 'query'));
  return query;
}

/** Entries on the other side of 0.5. */
export function wrongBits(x: ArrayLike<number>, pattern: ArrayLike<number>): number {
  let wrong = 0;
  for (let i = 0; i < pattern.length; i++) wrong += Number(x[i] > 0.5 !== pattern[i] > 0.5);
  return wrong;
}
