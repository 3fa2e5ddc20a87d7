import * as tf from '@tensorflow/tfjs';
import { describe, expect, test, vi } from 'vitest';
import { grads, type OperationName, operations } from '../../../src/autodiff/index.ts';
import { elementwise } from './cases/elementwise.ts';
import { images } from './cases/images.ts';
import { products } from './cases/products.ts';
import { selection } from './cases/selection.ts';
import { shaping } from './cases/shaping.ts';
import { type Case, derivativeErrors } from './derivatives.ts';

const cases: Record<OperationName, Record<string, Case>> = {
  ...elementwise,
  ...images,
  ...products,
  ...selection,
  ...shaping,
};

test('every operation has a proof, and every proof an operation', () => {
  expect(Object.keys(cases).sort()).toEqual(Object.keys(operations).sort());
});

describe.each(Object.entries(cases))(
  'derivatives of order 1, 2 and 3 equal finite differences: %s',
  (name, proofs) => {
    test.each(Object.entries(proofs))('%s', (_, proof) => {
      const gradient = vi.spyOn(tf.getGradient(name), 'gradFunc');
      const errors = derivativeErrors(proof, grads);
      expect(gradient, 'the case goes through the operation').toHaveBeenCalled();
      gradient.mockRestore();
      expect(Math.max(...errors), `${errors}`).toBeLessThan(5e-4);
    });
  },
);
