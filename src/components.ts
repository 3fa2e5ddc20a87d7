/**
 * @file Principal components of patterns (Pearson 1901), by subspace iteration on their covariance with a Rayleigh-Ritz step at the
 * end (Halko, Martinsson and Tropp 2011, algorithm 4.4). Large products run on an engine.
 */
import * as tf from '@tensorflow/tfjs';
import * as args from './arguments.ts';
import type { Engine, TensorFunction } from './compile/index.ts';
import { InputError } from './errors.ts';
import { stream } from './random.ts';

export interface PrincipalComponents {
  /** [d]. */
  mean: Float32Array;
  /** Orthonormal, by falling variance: [count, d]. */
  components: Float32Array;
}

/** Directions followed beyond those wanted, and times that they are multiplied by the covariance. */
const BEYOND = 32;
const ITERATIONS = 12;
/** Patterns in one product. */
const BATCH = 1024;

/**
 * @param patterns [n, d] in row-major order
 * @param count at most d
 * @throws InputError for arguments of another kind, patterns with numbers that are not finite, fewer patterns than two, or more components than d
 */
export async function principalComponents(
  patterns: Float32Array,
  d: number,
  count: number,
  engine: Engine,
): Promise<PrincipalComponents> {
  args.check('principalComponents', {
    patterns: [patterns, args.floats],
    d: [d, args.whole(1)],
    count: [count, args.whole(1)],
    engine: [engine, args.engine],
  });
  const n = Math.floor(patterns.length / d);
  if (n < 2) throw new InputError(`principal components of ${n} patterns, expected at least 2`);
  if (n * d !== patterns.length)
    throw new InputError(`principalComponents: ${patterns.length} numbers are no patterns of ${d} values`);
  if (count > d) throw new InputError(`${count} principal components of patterns of ${d} values`);
  const lost = patterns.findIndex((v) => !Number.isFinite(v));
  if (lost >= 0)
    throw new InputError(
      `principalComponents: pattern ${Math.floor(lost / d) + 1}, value ${(lost % d) + 1} is ${patterns[lost]}, expected finite numbers`,
    );
  const mean = new Float64Array(d);
  for (let i = 0; i < n * d; i++) mean[i % d] += patterns[i] / n;
  let covariance: Float32Array = new Float32Array(d * d);
  const gram = await engine.compile(GRAM, { x: { shape: [BATCH, d] }, sum: { shape: [d, d] } });
  for (let first = 0; first < n; first += BATCH) {
    // Rows beyond the last pattern stay 0 and add nothing.
    const x = new Float32Array(BATCH * d);
    const rows = Math.min(BATCH, n - first);
    for (let i = 0; i < rows * d; i++) x[i] = (patterns[first * d + i] - mean[i % d]) / Math.sqrt(n);
    covariance = (await gram.run({ x, sum: covariance })).sum as Float32Array;
  }
  const followed = Math.min(d, count + BEYOND);
  const times = await engine.compile(TIMES, { q: { shape: [followed, d] }, covariance: { shape: [d, d] } });
  const multiplied = async (q: Float32Array) => (await times.run({ q, covariance })).product as Float32Array;
  const random = stream(0, 'principal components');
  let q = orthonormal(
    Float32Array.from({ length: followed * d }, () => random.normal()),
    d,
  );
  if (followed < d) for (let i = 0; i < ITERATIONS; i++) q = orthonormal(await multiplied(q), d);
  const product = await multiplied(q);
  const small = Array.from({ length: followed }, (_, i) =>
    Float64Array.from({ length: followed }, (_, j) => dot(q, i * d, product, j * d, d)),
  );
  const { values, vectors } = symmetricEigen(small);
  const order = values.map((_, i) => i).sort((a, b) => values[b] - values[a]);
  const components = new Float32Array(count * d);
  for (let k = 0; k < count; k++) {
    const row = new Float64Array(d);
    for (let j = 0; j < followed; j++) {
      const share = vectors[j][order[k]];
      for (let i = 0; i < d; i++) row[i] += share * q[j * d + i];
    }
    // A component is known up to its sign: that of its largest entry is positive.
    const sign = Math.sign(row.reduce((most, v) => (Math.abs(v) > Math.abs(most) ? v : most), 0)) || 1;
    components.set(
      row.map((v) => sign * v),
      k * d,
    );
  }
  return { mean: Float32Array.from(mean), components };
}

const GRAM: TensorFunction = ({ x, sum }) => ({
  sum: tf.add(sum, tf.matMul(x as tf.Tensor2D, x as tf.Tensor2D, true, false)),
});
const TIMES: TensorFunction = ({ q, covariance }) => ({
  product: tf.matMul(q as tf.Tensor2D, covariance as tf.Tensor2D),
});

function dot(a: Float32Array, i: number, b: Float32Array, j: number, d: number): number {
  let sum = 0;
  for (let k = 0; k < d; k++) sum += a[i + k] * b[j + k];
  return sum;
}

/** Rows of length d made orthonormal by Gram and Schmidt, twice over; a row that depends on those before becomes 0. */
function orthonormal(rows: Float32Array, d: number): Float32Array {
  const result = rows.slice();
  for (let i = 0; i < rows.length; i += d) {
    const before = Math.sqrt(dot(result, i, result, i, d));
    for (let round = 0; round < 2; round++) {
      for (let j = 0; j < i; j += d) {
        const share = dot(result, i, result, j, d);
        for (let k = 0; k < d; k++) result[i + k] -= share * result[j + k];
      }
    }
    const norm = Math.sqrt(dot(result, i, result, i, d));
    for (let k = 0; k < d; k++) result[i + k] = norm > 1e-6 * before ? result[i + k] / norm : 0;
  }
  return result;
}

/** Eigenvalues of a symmetric matrix, and its eigenvectors as columns, by Jacobi's rotations (1846). */
function symmetricEigen(matrix: Float64Array[]): { values: number[]; vectors: Float64Array[] } {
  const n = matrix.length;
  const a = matrix.map((row, i) => row.map((v, j) => (v + matrix[j][i]) / 2));
  const vectors = a.map((_, i) => Float64Array.from({ length: n }, (_, j) => Number(i === j)));
  const total = a.reduce((sum, row) => sum + row.reduce((s, v) => s + v * v, 0), 0);
  for (let sweep = 0; sweep < 30; sweep++) {
    let off = 0;
    for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) off += a[i][j] ** 2;
    if (off <= 1e-18 * total) break;
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < i; j++) {
        if (a[i][j] === 0) continue;
        const theta = (a[j][j] - a[i][i]) / (2 * a[i][j]);
        const t = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
        const c = 1 / Math.sqrt(t * t + 1);
        const s = t * c;
        const [ai, aj, vs] = [a[i], a[j], vectors];
        for (let k = 0; k < n; k++) {
          const [x, y] = [ai[k], aj[k]];
          ai[k] = c * x - s * y;
          aj[k] = s * x + c * y;
        }
        for (let k = 0; k < n; k++) {
          const [x, y] = [a[k][i], a[k][j]];
          a[k][i] = c * x - s * y;
          a[k][j] = s * x + c * y;
          const [u, v] = [vs[k][i], vs[k][j]];
          vs[k][i] = c * u - s * v;
          vs[k][j] = s * u + c * v;
        }
      }
    }
  }
  return { values: a.map((row, i) => row[i]), vectors };
}
