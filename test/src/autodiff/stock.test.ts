import * as tf from '@tensorflow/tfjs';
import { afterAll, expect, test } from 'vitest';
import { derivativeErrors } from './derivatives.ts';

const wrong = ['Exp', 'Sigmoid', 'Tanh', 'Softmax', 'Softplus'] as const;

// tfjs's own registrations, taken before src/autodiff replaces them.
const stock = wrong.map((name) => tf.getGradient(name));
const { grads, registerGradients } = await import('../../../src/autodiff/index.ts');

/** tf.grads with respect to clones: what is left of an error is the registration's. */
const stockGrads: typeof grads = (f) => (xs) => tf.grads(f)(xs.map((x) => tf.clone(x)));

afterAll(registerGradients);

test.each([
  ['tanh', tf.tanh, 2],
  ['sigmoid', tf.sigmoid, 2],
  ['exp', tf.exp, 2],
  ['softmax', (x: tf.Tensor) => tf.softmax(x), 2],
  ['softplus', tf.softplus, 3],
  ['expm1', tf.expm1, 3],
  ['erf', tf.erf, 3],
] as const)(
  'finite differences find %s wrong with the registrations of tfjs, from order %3$i',
  (_, f, from) => {
    const proof = { f: f as (x: tf.Tensor) => tf.Tensor, shapes: [[4]] };
    for (const config of stock) tf.registerGradient(config);
    const wrongly = derivativeErrors(proof, stockGrads);
    registerGradients();
    const rightly = derivativeErrors(proof, grads);
    for (const [i, error] of wrongly.entries()) {
      if (i + 1 < from) expect(error).toBeLessThan(5e-4);
      else expect(error).toBeGreaterThan(0.05);
    }
    expect(Math.max(...rightly)).toBeLessThan(5e-4);
  },
);
