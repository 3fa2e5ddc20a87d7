/** @file Cases for reductions and matrix products. */

import * as tf from '@tensorflow/tfjs';
import type { Case } from '../derivatives.ts';

const reducing = (
  f: (x: tf.Tensor, axis?: number | number[], keepDims?: boolean) => tf.Tensor,
): Record<string, Case> => ({
  'over all': { f: (x) => f(x), shapes: [[2, 3]] },
  'over the first axis': { f: (x) => f(x, 0), shapes: [[2, 3]] },
  'over the last axis, kept': { f: (x) => f(x, -1, true), shapes: [[2, 3]] },
  'over two axes': { f: (x) => f(x, [0, 2]), shapes: [[2, 2, 2]] },
  'over an axis of size 1': { f: (x) => f(x, 1), shapes: [[3, 1]] },
});

/** op(a) op(b) for a [.., m, k] and b [.., k, n], in all four ways to transpose. */
function transposed(batchA: number[], batchB: number[]): Record<string, Case> {
  const [m, k, n] = [2, 1, 2];
  const cases: Record<string, Case> = {};
  for (const [ta, tb] of [
    [false, false],
    [true, false],
    [false, true],
    [true, true],
  ]) {
    const a = [...batchA, ...(ta ? [k, m] : [m, k])];
    const b = [...batchB, ...(tb ? [n, k] : [k, n])];
    const name = `[${a}]${ta ? ' transposed' : ''} times [${b}]${tb ? ' transposed' : ''}`;
    cases[name] = { f: (x, y) => tf.matMul(x, y, ta, tb), shapes: [a, b] };
  }
  return cases;
}

export const products = {
  Sum: reducing(tf.sum),
  Mean: {
    ...reducing(tf.mean),
    'and variance, as in a layer norm': {
      f: (x) => {
        const { mean, variance } = tf.moments(x, -1, true);
        return tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, 0.1)));
      },
      shapes: [[2, 3]],
    },
  },
  Prod: {
    ...reducing(tf.prod),
    'of seven': { f: (x) => tf.prod(x, 0), shapes: [[7]], range: [0.5, 1.2] },
  },
  Einsum: {
    'a matrix product': {
      f: (x, y) => tf.einsum('ij,jk->ik', x, y),
      shapes: [
        [2, 3],
        [3, 2],
      ],
    },
    'with a batch, transposed': {
      f: (x, y) => tf.einsum('bij, bkj -> bki', x, y),
      shapes: [
        [2, 2, 3],
        [2, 2, 3],
      ],
    },
    'an outer product': { f: (x, y) => tf.einsum('i,j->ji', x, y), shapes: [[2], [3]] },
    'a dot product': { f: (x, y) => tf.einsum('i,i->', x, y), shapes: [[3], [3]] },
    'of one tensor twice': { f: (x) => tf.einsum('bi,bi->b', x, x), shapes: [[2, 3]] },
    'of one operand': { f: (x) => tf.einsum('abc->ca', x), shapes: [[2, 2, 3]] },
    'of one operand, summed over': { f: (x) => tf.einsum('abc->cb', x), shapes: [[2, 2, 3]] },
    'a total': { f: (x) => tf.einsum('ab->', x), shapes: [[2, 3]] },
    'of a number': { f: (x, y) => tf.einsum(',ij->ji', x, y), shapes: [[], [2, 3]] },
  },
  Cumsum: {
    'along the last axis': { f: (x) => tf.cumsum(x, 1), shapes: [[2, 3]] },
    'along the first axis': { f: (x) => tf.cumsum(x, 0), shapes: [[3, 2]] },
    'along a middle axis': { f: (x) => tf.cumsum(x, 1), shapes: [[2, 3, 2]] },
    'exclusive and reversed': { f: (x) => tf.cumsum(x, 0, true, true), shapes: [[4]] },
  },
  BatchMatMul: {
    ...transposed([], []),
    ...transposed([2], [2]),
    ...transposed([2], []),
    ...transposed([], [2]),
    ...transposed([1], [2]),
    ...transposed([2], [1]),
    ...transposed([2, 2], [2, 2]),
    ...transposed([2, 2], []),
    ...transposed([], [2, 2]),
    ...transposed([2, 2], [1, 2]),
    'rows of sizes 2, 3, 2': {
      f: (a, b) => tf.matMul(a, b),
      shapes: [
        [2, 3],
        [3, 2],
      ],
    },
    'of a matrix and itself': { f: (a) => tf.matMul(a, a, false, true), shapes: [[2, 3]] },
    'as a dot product': { f: (a, b) => tf.dot(a, b), shapes: [[3], [3]] },
  },
} satisfies Record<string, Record<string, Case>>;
