/** @file Products and sums along an axis, and entries picked at known places, in primitives that every target has. */
import { InputError } from '../../errors.ts';
import type { Builder } from '../graph/builder.ts';
import type { Node } from '../graph/graph.ts';

/** Entries `from`, `from` + step, ... along one axis. */
function along(b: Builder, x: Node, axis: number, from: number, count: number, step = 1): Node {
  const by = <T>(here: T, other: (n: number) => T) => x.shape.map((n, i) => (i === axis ? here : other(n)));
  return b.slice(x, by(from, () => 0), by(count, (n) => n), by(step, () => 1)); // biome-ignore format: one thought
}

/** The product over these axes, which stay with length 1: half times half. */
export function productOver(b: Builder, x: Node, axes: readonly number[]): Node {
  let y = x;
  for (const axis of axes) {
    if (y.shape[axis] === 0) y = b.fill(1, y.shape.map((n, i) => (i === axis ? 1 : n)), y.dtype); // biome-ignore format: one thought
    while (y.shape[axis] > 1) {
      const length = y.shape[axis];
      const half = length >> 1;
      const product = b.binary('Mul', along(b, y, axis, 0, half), along(b, y, axis, half, half));
      y = length % 2 ? b.concat([product, along(b, y, axis, length - 1, 1)], axis) : product;
    }
  }
  return y;
}

export interface CumulativeOptions {
  axis: number;
  /** Without the entry itself. */
  exclusive: boolean;
  /** From the end. */
  reverse: boolean;
}

/** Sums of all entries up to each: what has the sum of the last n takes that of the n before, and so on (Hillis and Steele 1986). */
export function cumulativeSum(b: Builder, x: Node, { axis, exclusive, reverse }: CumulativeOptions): Node {
  const length = x.shape[axis];
  /** All but the last of those that are summed, and what stands before them. */
  const after = (first: Node, rest: Node) => b.concat(reverse ? [rest, first] : [first, rest], axis);
  const begin = (y: Node, count: number) => along(b, y, axis, reverse ? length - count : 0, count);
  const end = (y: Node, count: number) => along(b, y, axis, reverse ? 0 : length - count, count);
  let y = x;
  for (let n = 1; n < length; n *= 2)
    y = after(begin(y, n), b.binary('Add', end(y, length - n), begin(y, length - n)));
  if (!exclusive || length === 0) return y;
  const zeros = b.fill(0, x.shape.map((n, i) => (i === axis ? 1 : n)), x.dtype); // biome-ignore format: one thought
  return length === 1 ? zeros : after(zeros, begin(y, length - 1));
}

/** Places in even distances, of which so many may be put beside each other. */
const RUNS = 64;

/**
 * The entries of an axis at these places; undefined where they are too many that lie here and there.
 * @throws InputError for a place that the axis has not
 */
export function pickedAt(b: Builder, x: Node, axis: number, places: ArrayLike<number>): Node | undefined {
  const length = x.shape[axis];
  const bad = Array.from(places).find((place) => !(place >= 0 && place < length));
  if (bad !== undefined) throw new InputError(`kernel "GatherV2": place ${bad} of an axis of ${length}`);
  const runs: { from: number; count: number; step: number }[] = [];
  for (let i = 0; i < places.length; ) {
    const [from, next] = [places[i], places[i + 1]];
    const step = next - from;
    let count = 1;
    // The same again is a run of its own.
    while (step !== 0 && i + count < places.length && places[i + count] === from + count * step) count++;
    runs.push({ from, count, step: count > 1 ? step : 1 });
    i += count;
  }
  if (runs.length === 0 || runs.length > RUNS) return undefined;
  return b.concat(runs.map(({ from, count, step }) => along(b, x, axis, from, count, step)), axis); // biome-ignore format: one thought
}
