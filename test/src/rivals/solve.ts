/** @file Small linear algebra in float64 by elimination, for tests to compare with. Matrices are lists of rows. */
export type Matrix = number[][];

export const rows = (values: ArrayLike<number>, columns: number): Matrix =>
  Array.from({ length: values.length / columns }, (_, i) =>
    Array.from({ length: columns }, (_, j) => values[i * columns + j]),
  );
export const turned = (a: Matrix): Matrix => a[0].map((_, j) => a.map((row) => row[j]));
export const times = (a: Matrix, b: Matrix): Matrix =>
  a.map((row) => b[0].map((_, j) => row.reduce((sum, v, k) => sum + v * b[k][j], 0)));
/** a + factor b. */
export const plus = (a: Matrix, b: Matrix, factor = 1): Matrix =>
  a.map((row, i) => row.map((v, j) => v + factor * b[i][j]));
export const scaled = (a: Matrix, factor: number): Matrix => a.map((row) => row.map((v) => v * factor));
export const eye = (k: number): Matrix =>
  Array.from({ length: k }, (_, i) => Array.from({ length: k }, (_, j) => Number(i === j)));
export const trace = (a: Matrix): number => a.reduce((sum, row, i) => sum + row[i], 0);

/** The inverse by Gauss and Jordan, with the largest pivot of each column. */
export function inverted(a: Matrix): Matrix {
  const k = a.length;
  const both = a.map((row, i) => [...row, ...eye(k)[i]]);
  for (let c = 0; c < k; c++) {
    let best = c;
    for (let r = c; r < k; r++) if (Math.abs(both[r][c]) > Math.abs(both[best][c])) best = r;
    [both[c], both[best]] = [both[best], both[c]];
    both[c] = both[c].map((v) => v / both[c][c]);
    for (let r = 0; r < k; r++) {
      const factor = both[r][c];
      if (r !== c) both[r] = both[r].map((v, j) => v - factor * both[c][j]);
    }
  }
  return both.map((row) => row.slice(k));
}
