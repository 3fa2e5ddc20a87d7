/** @file Gradient of the (batched) matrix product, with a batch that may be broadcast: one static weight, many episodes. */

import * as tf from '@tensorflow/tfjs';
import { InputError } from '../errors.ts';
import { type Gradient, sumTo } from './gradient.ts';

/** y = op(a) op(b), where op transposes or not. Both gradients are matrix products again. */
export const batchMatMul: Gradient = {
  inputsToSave: ['a', 'b'],
  gradFunc: (dy, [a, b], attrs) => {
    const y = dy as tf.Tensor;
    const { transposeA, transposeB } = attrs as { transposeA: boolean; transposeB: boolean };
    checkBatches(a.shape, b.shape);
    return {
      a: () =>
        sumTo(transposeA ? tf.matMul(b, y, transposeB, true) : tf.matMul(y, b, false, !transposeB), a.shape),
      b: () => {
        if (!transposeA && tf.util.sizeFromShape(b.shape.slice(0, -2)) === 1)
          return sharedB(y, a, b, transposeB);
        return sumTo(
          transposeB ? tf.matMul(y, a, true, transposeA) : tf.matMul(a, y, !transposeA, false),
          b.shape,
        );
      },
    };
  },
};

/** b is one matrix for all of a [.., m, k]: one flat product over batch and rows, rather than many products and a sum. */
function sharedB(dy: tf.Tensor, a: tf.Tensor, b: tf.Tensor, transposeB: boolean): tf.Tensor {
  const rows = (t: tf.Tensor) => (t.rank === 2 ? t : tf.reshape(t, [-1, t.shape[t.rank - 1]]));
  const product = transposeB ? tf.matMul(rows(dy), rows(a), true) : tf.matMul(rows(a), rows(dy), true);
  return b.rank === 2 ? product : tf.reshape(product, b.shape);
}

/** tfjs's cpu backend repeats the smaller batch cyclically, which broadcasts right only along leading axes. */
function checkBatches(a: number[], b: number[]): void {
  const batch = (shape: number[]) => {
    const axes = shape.slice(0, -2);
    const first = axes.findIndex((n) => n !== 1);
    return first < 0 ? [] : axes.slice(first);
  };
  const [small, large] = [batch(a), batch(b)].sort((s, t) => s.length - t.length);
  if (small.length > 0 && !tf.util.arraysEqual(small, large.slice(large.length - small.length))) {
    throw new InputError(
      `operation "BatchMatMul" is not allowed in an energy for shapes [${a}] and [${b}]: only leading batch axes may be broadcast`,
    );
  }
}
