/**
 * @file Sums over entries for every pair of a memory and a query: what comparing vectors costs. Float64 throughout, and no
 * more room than the vectors and the result.
 */

/** `product` sum a b, `squared` sum (a - b)^2, `absolute` sum |a - b|, `entropy` sum (a + b) log(a + b) for a, b >= 0. */
export type KernelName = 'product' | 'squared' | 'absolute' | 'entropy';

/** Fills sums[q * n + i] with the kernel of memory i [n, d] and query q [count, d]. */
export type Kernel = (
  memories: Float64Array,
  n: number,
  queries: Float64Array,
  count: number,
  d: number,
  sums: Float64Array,
) => void;

/** Four memories at a time: each query entry is loaded once for four of them, which halves the time. */
const BLOCK = 4;

export const kernels: Record<KernelName, Kernel> = {
  product(memories, n, queries, count, d, sums) {
    blocks(memories, n, d, (i, a, b, c, e) => {
      let q = 0;
      // Two queries at a time as well: a memory's entry is loaded once for both.
      for (; q + 2 <= count; q += 2) {
        const x = queries.subarray(q * d, (q + 1) * d);
        const y = queries.subarray((q + 1) * d, (q + 2) * d);
        let [s0, s1, s2, s3, t0, t1, t2, t3] = [0, 0, 0, 0, 0, 0, 0, 0];
        for (let k = 0; k < d; k++) {
          const u = x[k];
          const v = y[k];
          s0 += a[k] * u;
          t0 += a[k] * v;
          s1 += b[k] * u;
          t1 += b[k] * v;
          s2 += c[k] * u;
          t2 += c[k] * v;
          s3 += e[k] * u;
          t3 += e[k] * v;
        }
        put(sums, q * n, n, i, s0, s1, s2, s3);
        put(sums, (q + 1) * n, n, i, t0, t1, t2, t3);
      }
      for (; q < count; q++) {
        const x = queries.subarray(q * d, (q + 1) * d);
        let [s0, s1, s2, s3] = [0, 0, 0, 0];
        for (let k = 0; k < d; k++) {
          const u = x[k];
          s0 += a[k] * u;
          s1 += b[k] * u;
          s2 += c[k] * u;
          s3 += e[k] * u;
        }
        put(sums, q * n, n, i, s0, s1, s2, s3);
      }
    });
  },
  squared(memories, n, queries, count, d, sums) {
    blocks(memories, n, d, (i, a, b, c, e) => {
      for (let q = 0; q < count; q++) {
        const x = queries.subarray(q * d, (q + 1) * d);
        let [s0, s1, s2, s3] = [0, 0, 0, 0];
        for (let k = 0; k < d; k++) {
          const u = x[k];
          s0 += (a[k] - u) * (a[k] - u);
          s1 += (b[k] - u) * (b[k] - u);
          s2 += (c[k] - u) * (c[k] - u);
          s3 += (e[k] - u) * (e[k] - u);
        }
        put(sums, q * n, n, i, s0, s1, s2, s3);
      }
    });
  },
  absolute(memories, n, queries, count, d, sums) {
    blocks(memories, n, d, (i, a, b, c, e) => {
      for (let q = 0; q < count; q++) {
        const x = queries.subarray(q * d, (q + 1) * d);
        let [s0, s1, s2, s3] = [0, 0, 0, 0];
        for (let k = 0; k < d; k++) {
          const u = x[k];
          s0 += Math.abs(a[k] - u);
          s1 += Math.abs(b[k] - u);
          s2 += Math.abs(c[k] - u);
          s3 += Math.abs(e[k] - u);
        }
        put(sums, q * n, n, i, s0, s1, s2, s3);
      }
    });
  },
  entropy(memories, n, queries, count, d, sums) {
    for (let i = 0; i < n; i++) {
      const a = memories.subarray(i * d, (i + 1) * d);
      for (let q = 0; q < count; q++) {
        const x = queries.subarray(q * d, (q + 1) * d);
        let sum = 0;
        for (let k = 0; k < d; k++) {
          const u = a[k] + x[k];
          if (u > 0) sum += u * Math.log(u);
        }
        sums[q * n + i] = sum;
      }
    }
  },
};

/** Visits memories four at a time; the last block repeats its last memory, whose extra results `put` leaves out. */
function blocks(
  memories: Float64Array,
  n: number,
  d: number,
  visit: (i: number, a: Float64Array, b: Float64Array, c: Float64Array, e: Float64Array) => void,
): void {
  const row = (i: number) => memories.subarray(Math.min(i, n - 1) * d, (Math.min(i, n - 1) + 1) * d);
  for (let i = 0; i < n; i += BLOCK) visit(i, row(i), row(i + 1), row(i + 2), row(i + 3));
}

function put(
  sums: Float64Array,
  start: number,
  n: number,
  i: number,
  s0: number,
  s1: number,
  s2: number,
  s3: number,
): void {
  sums[start + i] = s0;
  if (i + 1 < n) sums[start + i + 1] = s1;
  if (i + 2 < n) sums[start + i + 2] = s2;
  if (i + 3 < n) sums[start + i + 3] = s3;
}
