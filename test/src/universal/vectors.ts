/** @file Random memories and queries for the tests of universal Hopfield networks. */
import { type Tensor, tensor } from '@tensorflow/tfjs';
import { type Random, stream } from '../../../src/random.ts';

export function randomVectors(name: string, count: number, d: number, draw = (r: Random) => r.uniform()) {
  const random = stream('universal', name);
  return Float64Array.from({ length: count * d }, () => draw(random));
}

export const rowOf = (values: Float64Array, i: number, d: number) => values.subarray(i * d, (i + 1) * d);

/** Central differences of a function of x in every entry. */
export function slopes(f: (x: Float64Array) => number, x: Float64Array, step = 1e-5): number[] {
  return Array.from(x, (_, i) => {
    const [up, down] = [x.slice(), x.slice()];
    up[i] += step;
    down[i] -= step;
    return (f(up) - f(down)) / (2 * step);
  });
}

/** A float32 tensor [count, ...shape]: tfjs takes no Float64Array. */
export function batchOf(values: Float64Array, shape: number[]): Tensor {
  const size = shape.reduce((a, b) => a * b, 1);
  return tensor(Float32Array.from(values), [values.length / size, ...shape]);
}
