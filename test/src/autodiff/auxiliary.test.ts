import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import { grad, grads, gradsWithAuxiliary } from '../../../src/autodiff/index.ts';

const value = (t: tf.Tensor) => t.dataSync()[0];

test('auxiliary results come out as they are and are differentiated by outer levels', () => {
  // value x^3, auxiliary its slope 3 x^2: the outer derivative of value's gradient plus auxiliary is 6 x + 6 x.
  const f = (x: tf.Tensor) =>
    tf.tidy(() => {
      const {
        grads: [slope],
        auxiliary,
      } = gradsWithAuxiliary((y) => {
        const [inner] = grads((z) => tf.mul(z, tf.square(z)))([y]);
        return { value: tf.mul(y, tf.square(y)), auxiliary: { inner } };
      })([x]);
      return tf.add(slope, auxiliary.inner);
    });
  expect(value(f(tf.scalar(2)))).toBeCloseTo(24, 4);
  expect(value(grad(f)(tf.scalar(2)))).toBeCloseTo(24, 4);
  expect(value(grad(grad(f))(tf.scalar(2)))).toBeCloseTo(12, 4);
});

test('nothing is left behind, nor by a function that throws', () => {
  const x = tf.scalar(2);
  const before = tf.memory().numTensors;
  const {
    value: v,
    grads: [g],
    auxiliary,
  } = gradsWithAuxiliary((y) => ({
    value: tf.square(y),
    auxiliary: { twice: tf.mul(y, 2) },
  }))([x]);
  expect(value(auxiliary.twice)).toBe(4);
  tf.dispose([v, g, auxiliary.twice]);
  expect(tf.memory().numTensors).toBe(before);
  expect(() =>
    gradsWithAuxiliary((y) => {
      tf.square(y);
      throw new Error('mine');
    })([x]),
  ).toThrow('mine');
  expect(tf.memory().numTensors).toBe(before);
});
