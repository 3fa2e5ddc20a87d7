/** @file Gradient of tf.einsum, of one operand or two: for each, dy and the other contracted by another equation. */

import * as tf from '@tensorflow/tfjs';
import { InputError } from '../errors.ts';
import type { Gradient } from './gradient.ts';

type Gradients = Record<string, () => tf.Tensor>;

export const einsum: Gradient = {
  saveAllInputs: true,
  gradFunc: (dy, saved, attrs): Gradients => {
    const { equation } = attrs as { equation: string };
    const [left, output] = equation.replace(/\s/g, '').split('->');
    const [a, b] = left.split(',');
    const y = dy as tf.Tensor;
    if (b === undefined) return { 0: () => ofOne(y, output, saved[0], a) };
    checkShared(equation, a, b + output);
    checkShared(equation, b, a + output);
    return {
      0: () => tf.einsum(`${output},${b}->${a}`, y, saved[1]),
      1: () => tf.einsum(`${output},${a}->${b}`, y, saved[0]),
    };
  },
};

/** Axes that were summed over are broadcast again. */
function ofOne(dy: tf.Tensor, output: string, x: tf.Tensor, own: string): tf.Tensor {
  const kept = [...own].filter((axis) => output.includes(axis));
  const ordered = tf.transpose(dy, kept.map((axis) => output.indexOf(axis))); // biome-ignore format: one thought
  const shape = x.shape.map((n, i) => (kept.includes(own[i]) ? n : 1));
  return tf.broadcastTo(tf.reshape(ordered, shape), x.shape);
}

/** tfjs forgets the other operand, or fails, where one of two alone has an axis that is summed over. */
function checkShared(equation: string, own: string, elsewhere: string): void {
  const alone = [...own].find((axis) => !elsewhere.includes(axis));
  if (alone !== undefined)
    throw new InputError(
      `operation "Einsum" is not allowed in an energy for "${equation}": axis ${alone} is summed over in one of two operands alone, which tfjs gets wrong; sum over it before (tf.sum)`,
    );
}
