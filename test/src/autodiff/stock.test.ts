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
  ['tanh', 2, tf.tanh],
  ['sigmoid', 2, tf.sigmoid],
  ['exp', 2, tf.exp],
  ['softmax', 2, (x: tf.Tensor) => tf.softmax(x)],
  ['softplus', 3, tf.softplus],
  ['expm1', 3, tf.expm1],
  ['erf', 3, tf.erf],
] as const)(
  'finite differences find %s wrong with the registrations of tfjs, from order %i on',
  (_, from, f) => {
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
