/** @file From a reader's arrays and pictures to patterns of the memory's shape, in [0, 1]. */
import { InputError } from '../../../../src/errors.ts';
import type { NpyArray } from './npy.ts';

/** Patterns at once, at most. */
const MOST = 512;

/**
 * The patterns in an array [n, ...] or [...]: of the memory's size, values in [0, 1], -1 and +1, or [0, 255].
 * @throws InputError where it holds no such patterns
 */
export function patternsOf(
  { shape, values }: NpyArray,
  rows: number,
  columns: number,
  file: string,
): Float32Array {
  const d = rows * columns;
  const given = `[${shape.join(', ')}]`;
  if (values.length === 0 || values.length % d !== 0 || !lastAxesFit(shape, rows, columns)) {
    throw new InputError(
      `${file}: has shape ${given}, expected [n, ${d}] or [n, ${rows}, ${columns}] for this memory`,
    );
  }
  if (values.length / d > MOST)
    throw new InputError(`${file}: ${values.length / d} patterns, expected at most ${MOST}`);
  let [low, high] = [values[0], values[0]];
  for (const v of values) [low, high] = [Math.min(low, v), Math.max(high, v)];
  if (low >= 0 && high <= 1) return values;
  if (low >= -1 && high <= 1) return values.map((v) => (v + 1) / 2);
  if (low >= 0 && high <= 255) return values.map((v) => v / 255);
  throw new InputError(`${file}: values from ${low} to ${high}, expected [0, 1], [-1, 1] or [0, 255]`);
}

function lastAxesFit(shape: readonly number[], rows: number, columns: number): boolean {
  const own = shape.at(-1) === 1 && shape.length > 2 ? shape.slice(0, -1) : shape;
  return own.at(-1) === rows * columns || (own.at(-1) === columns && own.at(-2) === rows);
}

/**
 * A grey picture [rows, columns] in [0, 1] as bits: the rarer side of its middle level (Otsu 1979) is ink.
 */
export function inkOf(grey: Float32Array): Float32Array {
  const level = otsu(grey);
  const bright = grey.reduce((sum, v) => sum + Number(v > level), 0);
  const inkIsBright = bright < grey.length / 2;
  return grey.map((v) => Number(v > level === inkIsBright));
}

/** The level that parts the values into two groups with the least variance within (Otsu 1979). */
function otsu(grey: Float32Array): number {
  const bins = 64;
  const counts = new Float64Array(bins);
  for (const v of grey) counts[Math.min(bins - 1, Math.max(0, Math.floor(v * bins)))]++;
  const all = counts.reduce((sum, c, k) => sum + c * k, 0);
  let [below, sumBelow, best, at] = [0, 0, -1, 0.5];
  for (let k = 0; k < bins - 1; k++) {
    below += counts[k];
    sumBelow += counts[k] * k;
    const above = grey.length - below;
    if (below === 0 || above === 0) continue;
    const apart = sumBelow / below - (all - sumBelow) / above;
    const between = below * above * apart * apart;
    if (between > best) [best, at] = [between, (k + 1) / bins];
  }
  return at;
}
