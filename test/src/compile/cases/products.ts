/** @file Cases for matrix products and reductions. */
import * as tf from '@tensorflow/tfjs';
import { type Case, list, real, type TensorFunction, truth, whole } from '../agreement.ts';

/** Along every axis and several, kept or not. */
function reductions(f: (x: tf.Tensor, axis?: number | number[], keepDims?: boolean) => tf.Tensor): Case[] {
  const along =
    (axis: number | number[] | undefined, keepDims: boolean): TensorFunction =>
    (x) =>
      f(x, axis, keepDims);
  return [
    ...[undefined, 0, 1, 2, -1, -2, [0, 2], [2, 1], [0, 1, 2], [-1, 0]].flatMap((axis) =>
      [false, true].map((keepDims) => ({ f: along(axis, keepDims), on: [real([2, 3, 2])] })),
    ),
    { f: along(undefined, false), on: [real([])] },
    { f: along(undefined, true), on: [real([])] },
    { f: along([], false), on: [real([2, 3])] },
    { f: along(1, false), on: [real([2, 1])] },
    { f: along(1, true), on: [real([3, 1, 2])] },
    // Of what was broadcast, negated and scaled: where sums simplify.
    { f: (x) => f(tf.broadcastTo(x, [4, 3, 2]), [0, 2]), on: [real([3, 1])] },
    { f: (x) => f(tf.broadcastTo(x, [4, 3, 2]), 1, true), on: [real([4, 3, 1])] },
    { f: (x) => f(tf.neg(x), 0), on: [real([3, 2])] },
    { f: (x) => f(tf.mul(x, 3), 1), on: [real([3, 2])] },
    { f: (x) => f(tf.mul(x, -0.5)), on: [real([3, 2])] },
  ];
}
const ofWholes = (f: (x: tf.Tensor, axis?: number) => tf.Tensor): Case[] => [
  { f, on: [whole([2, 3])] },
  { f: (x) => f(x, 1), on: [whole([2, 3])] },
];
const ofTruths = (f: (x: tf.Tensor, axis?: number) => tf.Tensor): Case[] => [
  { f, on: [truth([2, 3])] },
  { f: (x) => f(x, 1), on: [truth([2, 3])] },
];
const quantified = (f: (x: tf.Tensor, axis?: number, keepDims?: boolean) => tf.Tensor): Case[] => [
  ...ofTruths(f),
  { f: (x) => f(x, -1, true), on: [truth([4, 2])] },
  { f, on: [truth([])] },
];

const transposes = [false, true].flatMap((a) => [false, true].map((b) => [a, b]));
const flip = (shape: number[], flipped: boolean) =>
  flipped ? [...shape.slice(0, -2), shape.at(-1)!, shape.at(-2)!] : shape;

export const products: Record<string, Case[]> = {
  BatchMatMul: [
    ...transposes.flatMap(([ta, tb]) =>
      (
        [
          [
            [2, 3],
            [3, 4],
          ],
          [
            [5, 2, 3],
            [5, 3, 4],
          ],
          [
            [5, 2, 3],
            [1, 3, 4],
          ],
          [
            [5, 2, 3],
            [3, 4],
          ],
          [
            [1, 2, 3],
            [5, 3, 4],
          ],
          [
            [2, 3],
            [5, 3, 4],
          ],
          [
            [2, 5, 2, 3],
            [2, 5, 3, 4],
          ],
          [
            [2, 5, 2, 3],
            [5, 3, 4],
          ],
        ] as [number[], number[]][]
      ).map(
        ([a, b]): Case => ({
          f: (x, y) => tf.matMul(x, y, ta, tb),
          on: [real(flip(a, ta)), real(flip(b, tb))],
        }),
      ),
    ),
    // A matrix shared by a batch through a broadcast, on either side, where the other has the batch and where not.
    { f: (x, w) => tf.matMul(x, tf.broadcastTo(w, [5, 3, 4])), on: [real([5, 2, 3]), real([1, 3, 4])] },
    { f: (x, w) => tf.matMul(x, tf.broadcastTo(w, [5, 3, 4])), on: [real([1, 2, 3]), real([1, 3, 4])] },
    { f: (x, w) => tf.matMul(x, tf.broadcastTo(w, [5, 3, 4])), on: [real([2, 3]), real([3, 4])] },
    { f: (x, w) => tf.matMul(tf.broadcastTo(x, [5, 2, 3]), w), on: [real([1, 2, 3]), real([3, 4])] },
    { f: (x, w) => tf.matMul(x, tf.broadcastTo(w, [5, 3, 4])), on: [real([5, 2, 3]), real([1, 4])] },
    // Scaled operands.
    { f: (x, w) => tf.matMul(tf.mul(x, 3), w), on: [real([2, 3]), real([3, 1])] },
    { f: (x, w) => tf.matMul(tf.neg(x), tf.mul(w, 0.5)), on: [real([2, 3]), real([3, 1])] },
    { f: (x, w) => tf.matMul(tf.neg(x), w), on: [whole([2, 3]), whole([3, 1])] },
    { f: (x) => tf.matMul(x, tf.zeros([3, 2], 'int32')), on: [whole([2, 3])] },
    { f: (x, w) => tf.matMul(x, w), on: [whole([2, 3]), whole([3, 2])] },
    { f: (x, y) => tf.dot(x, y), on: [real([3]), real([3])] },
    { f: (x, y) => tf.outerProduct(x, y), on: [real([3]), real([2])] },
  ],
  Sum: [
    ...reductions(tf.sum),
    ...ofWholes(tf.sum),
    ...ofTruths(tf.sum),
    { f: (x) => tf.sum(x, 0), on: [real([0, 3])] },
  ],
  Mean: [...reductions(tf.mean), ...ofWholes(tf.mean), ...ofTruths(tf.mean)],
  Max: [...reductions(tf.max), ...ofWholes(tf.max), { f: (x) => tf.max(x), on: [list(-Infinity, -3, -2)] }],
  Min: [...reductions(tf.min), ...ofWholes(tf.min), { f: (x) => tf.min(x), on: [list(Infinity, 3, 2)] }],
  Einsum: [
    ...(
      [
        ['ij,jk->ik', [2, 3], [3, 4]],
        ['bij, bkj -> bki', [2, 2, 3], [2, 4, 3]],
        ['i,j->ji', [2], [3]],
        ['i,i->', [3], [3]],
        ['bi,bi->b', [2, 3], [2, 3]],
        ['abc,cad->bd', [2, 3, 4], [4, 2, 5]],
        ['abcd,bd->acb', [2, 3, 2, 4], [3, 4]],
        [',ij->ji', [], [2, 3]],
        ['ij,ij->ij', [2, 3], [2, 3]],
      ] as [string, number[], number[]][]
    ).map(([equation, a, b]) => ({
      f: (x: tf.Tensor, y: tf.Tensor) => tf.einsum(equation, x, y),
      on: [real(a), real(b)],
    })),
    ...['ab->ba', 'ab->', 'ab->b', 'ab->ab'].map((equation) => ({
      f: (x: tf.Tensor) => tf.einsum(equation, x),
      on: [real([2, 3])],
    })),
  ],
  Prod: [...reductions(tf.prod), ...ofWholes(tf.prod), ...ofTruths(tf.prod)],
  All: quantified(tf.all),
  Any: quantified(tf.any),
};
