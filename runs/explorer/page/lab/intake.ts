/** @file From a reader's arrays and pictures to patterns of the memory's shape, in [0, 1]. */
import { InputError } from '../../../../src/errors.ts';
import { arrayPatterns } from '../../../../tasks/files/array.ts';
import { bytesOf } from '../../../../tasks/files/bytes.ts';
import { npyHeader } from '../../../../tasks/files/npy.ts';

/** Patterns at once, at most: in a file, and of one's own together. */
export const MOST = 512;

/**
 * The patterns in a .npy file, [n, ...] or one alone [...]: of the memory's size, values in [0, 1], [-1, 1] or [0, 255].
 * @returns [n, rows * columns], in [0, 1]
 * @throws InputError naming `file` where it holds no such patterns
 */
export function patternsOf(given: Uint8Array, rows: number, columns: number, file: string): Float32Array {
  const bytes = bytesOf(given);
  const header = npyHeader(file, bytes);
  const shape = withCount(header.shape, rows, columns);
  const d = rows * columns;
  if (!shape) {
    throw new InputError(
      `${file}: has shape [${header.shape.join(', ')}], expected [n, ${d}] or [n, ${rows}, ${columns}] for this memory`,
    );
  }
  const { count, read } = arrayPatterns({ ...header, shape }, bytes);
  if (count > MOST) throw new InputError(`${file}: ${count} patterns, expected at most ${MOST}`);
  const values = new Float32Array(count * d);
  for (let n = 0; n < count; n++) values.set(read(n), n * d);
  if (!values.every(Number.isFinite)) throw new InputError(`${file}: holds a value that is not finite`);
  return toUnit(values, file);
}

/** The shape as [n, ...], or undefined where it is none of patterns of this size. */
function withCount(shape: number[], rows: number, columns: number): number[] | undefined {
  // One channel may be said, or not.
  const own = shape.length > 2 && shape.at(-1) === 1 ? shape.slice(0, -1) : shape;
  const patternAxes =
    own.at(-1) === rows * columns ? 1 : own.at(-1) === columns && own.at(-2) === rows ? 2 : 0;
  if (patternAxes === 0 || own.length > patternAxes + 1) return undefined;
  return own.length === patternAxes ? [1, ...own] : own;
}

function toUnit(values: Float32Array, file: string): Float32Array {
  let [low, high] = [values[0], values[0]];
  for (const v of values) [low, high] = [Math.min(low, v), Math.max(high, v)];
  if (low >= 0 && high <= 1) return values;
  if (low >= -1 && high <= 1) return values.map((v) => (v + 1) / 2);
  if (low >= 0 && high <= 255) return values.map((v) => v / 255);
  throw new InputError(`${file}: values from ${low} to ${high}, expected [0, 1], [-1, 1] or [0, 255]`);
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
