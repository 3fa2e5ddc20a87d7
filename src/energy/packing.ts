/** @file Which part of a tensor counts as memory, as a function that derivatives go through. */
import * as tf from '@tensorflow/tfjs';
import type { Packing } from './network.ts';

/** The part of matrices [..., d, d] that a packing keeps: all, the symmetric part, or that without its diagonal. */
export function keptPart(values: tf.Tensor, packing: Packing = 'full'): tf.Tensor {
  if (packing === 'full') return values;
  const { rank } = values;
  const turned = tf.transpose(values, [...Array(rank - 2).keys(), rank - 1, rank - 2]);
  const symmetric = tf.mul(tf.add(values, turned), 0.5);
  return packing === 'symmetric' ? symmetric : tf.mul(symmetric, offDiagonal(values.shape.at(-1)!));
}

/** 0 on the diagonal, else 1: [d, d]. */
export const offDiagonal = (d: number): tf.Tensor =>
  tf.tensor(
    Float32Array.from({ length: d * d }, (_, i) => Number(i % (d + 1) !== 0)),
    [d, d],
  );
