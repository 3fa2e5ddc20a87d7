/**
 * @file Compares derivatives of order 1, 2 and 3 with finite differences of the order below.
 *
 * Higher derivatives are contracted with fixed vectors c: s1(x) = <f(x), c0>, s2(x) = <grad s1(x), c1> and
 * s3(x) = <grad s2(x), c2>. Each gradient is compared, entry by entry, with central differences of its scalar.
 */

import * as tf from '@tensorflow/tfjs';
import type { grads } from '../../../src/autodiff/index.ts';
import { stream } from '../../../src/random.ts';

/** A function of some tensors and where to differentiate it. */
export interface Case {
  f: (...xs: tf.Tensor[]) => tf.Tensor;
  /** One shape per argument. */
  shapes: number[][];
  /** Entries of the arguments are spread over this interval; the default is both signs, a quarter away from 0. */
  range?: [number, number];
}

/** How far an entry is moved. Values are of order one in float32: rounding and truncation are then both below 1e-4. */
const STEP = 0.03;

/**
 * The largest error of any entry relative to the largest entry, for orders 1 to 3. The function is embedded as
 * g(f(g(x))) with g(x) = x + 0.3 x^2, so that even a linear f has all three derivatives and none may lose a term.
 */
export function derivativeErrors({ f, shapes, range }: Case, gradsOf: typeof grads): number[] {
  const xs = spread(shapes, range);
  const bend = (x: tf.Tensor) => tf.add(x, tf.mul(tf.square(x), 0.3));
  const random = stream(0, 'contraction');
  const contraction = (shape: number[]) =>
    tf.tensor(
      Array.from(
        { length: tf.util.sizeFromShape(shape) },
        () => (random.bit() ? 1 : -1) * (0.5 + random.uniform()),
      ),
      shape,
    );
  return tf.tidy(() => {
    const c0 = contraction(tf.tidy(() => f(...xs)).shape);
    let scalar = (...ys: tf.Tensor[]) => tf.sum(tf.mul(bend(f(...ys.map(bend))), c0));
    return [1, 2, 3].map(() => {
      const s = scalar;
      const exact = gradsOf(s)(xs).flatMap((g) => [...g.dataSync()]);
      const measured = finiteDifferences((...ys) => s(...ys).dataSync()[0], xs);
      const scale = Math.max(...measured.map(Math.abs));
      const c = shapes.map(contraction);
      scalar = (...ys) =>
        gradsOf(s)(ys)
          .map((g, i) => tf.sum(tf.mul(g, c[i])))
          .reduce((sum, term) => tf.add(sum, term));
      return Math.max(...exact.map((value, i) => Math.abs(value - measured[i]))) / scale;
    });
  });
}

/** d s / d x for every entry of every argument: central differences with steps h and 2 h, extrapolated to order h^4. */
function finiteDifferences(s: (...xs: tf.Tensor[]) => number, xs: tf.Tensor[]): number[] {
  const values = xs.map((x) => x.dataSync().slice());
  return values.flatMap((entries, k) =>
    Array.from(entries, (_, i) => {
      const at = (shift: number) =>
        tf.tidy(() => {
          const moved = values.map((v) => Float32Array.from(v));
          moved[k][i] += shift;
          return s(...moved.map((v, j) => tf.tensor(v, xs[j].shape)));
        });
      const near = at(STEP) - at(-STEP);
      const far = at(2 * STEP) - at(-2 * STEP);
      return (8 * near - far) / (12 * STEP);
    }),
  );
}

/** Tensors whose entries are all distinct and well apart, in shuffled order, so that no kink is near. */
function spread(shapes: number[][], range?: [number, number]): tf.Tensor[] {
  const sizes = shapes.map((shape) => tf.util.sizeFromShape(shape));
  const total = sizes.reduce((a, b) => a + b);
  const order = stream(0, 'entries', total).permutation(total);
  const values = Array.from(order, (rank) => {
    const t = (rank + 0.5) / total;
    if (range) return range[0] + t * (range[1] - range[0]);
    return t < 0.5 ? -0.25 - 1.8 * (0.5 - t) : 0.25 + 1.8 * (t - 0.5);
  });
  let start = 0;
  return shapes.map((shape, i) => {
    start += sizes[i];
    return tf.tensor(values.slice(start - sizes[i], start), shape);
  });
}
