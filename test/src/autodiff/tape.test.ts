import * as tf from '@tensorflow/tfjs';
import { afterEach, describe, expect, test } from 'vitest';
import { grad, grads, registerGradients } from '../../../src/autodiff/index.ts';
import { InputError } from '../../../src/errors.ts';

const x = tf.tensor1d([0.5, 2]);
const image = tf.ones([1, 4, 4, 1]) as tf.Tensor4D;
const one = tf.ones([1]) as tf.Tensor1D;
const unproven = 'its higher derivatives are not proven exact';
const table = 'allowed: see src/autodiff/operations.ts';

const message = (f: () => unknown): string => {
  try {
    f();
  } catch (error) {
    expect(error).toBeInstanceOf(InputError);
    expect((error as Error).message).not.toContain('\n');
    return (error as Error).message;
  }
  return 'nothing was thrown';
};

const stop = tf.customGrad((y) => ({
  value: tf.square(y as tf.Tensor),
  gradFunc: (dy: tf.Tensor) => tf.zerosLike(dy),
}));

describe('an energy is refused', () => {
  test.each<[string, (y: tf.Tensor) => tf.Tensor]>([
    ['Cumprod', (y) => tf.cumprod(y)],
    ['FloorDiv', (y) => tf.floorDiv(y, 2)],
    ['TopK', (y) => tf.topk(y).values],
    ['MirrorPad', (y) => tf.mirrorPad(y, [[1, 1]], 'reflect')],
    ['MaxPool', (y) => tf.maxPool(tf.mul(image, tf.sum(y)) as tf.Tensor4D, 2, 2, 'valid')],
    ['LRN', (y) => tf.localResponseNormalization(tf.mul(image, tf.sum(y)) as tf.Tensor4D)],
    ['FusedBatchNorm', (y) => tf.batchNorm(tf.mul(image, tf.sum(y)), one, one, one, one)],
    ['GatherNd', (y) => tf.gatherND(y, tf.tensor2d([[1]], [1, 1], 'int32'))],
  ])('for %s, by name', (name, f) => {
    expect(message(() => grad(f)(x))).toBe(
      `operation "${name}" is not allowed in an energy: ${unproven} (${table})`,
    );
  });

  test('at whatever depth the operation stands', () => {
    const inner = (y: tf.Tensor) => grad((z) => tf.mul(tf.cumprod(y), z))(at(1));
    expect(message(() => grad((y) => inner(tf.tanh(y)))(x))).toContain('operation "Cumprod"');
  });

  test('for a custom gradient', () => {
    const refusal = `a custom gradient (in scope "forward") is not allowed in an energy: ${unproven}`;
    expect(message(() => grad((y) => stop(y))(x))).toBe(refusal);
  });

  test('for a custom gradient under the name of a proven operation', () => {
    const disguised = (y: tf.Tensor) => tf.tidy('Neg', () => stop(y));
    expect(message(() => grad(disguised)(x))).toBe(
      `a custom gradient (in scope "Neg") is not allowed in an energy: ${unproven}`,
    );
  });

  test('for a scope that tfjs would mistake for an operation', () => {
    const tanh = (y: tf.Tensor) => tf.engine().runKernel('Tanh', { x: y }) as tf.Tensor;
    const confused = grad((y) => grad((z) => tf.tidy('Neg', () => tanh(z)))(y));
    expect(message(() => confused(x))).toContain('a tf.tidy scope may not be called "Neg"');
  });

  test.each<[string, string, (y: tf.Tensor) => tf.Tensor]>([
    ['logSoftmax', 'use logSoftmax of src/autodiff', (y) => tf.logSoftmax(y)],
    ['logSigmoid', 'use logSigmoid of src/autodiff', (y) => tf.logSigmoid(y)],
    [
      'fusedMatMul',
      'use tf.matMul, and add the bias and the activation after it',
      (y) => tf.fused.matMul({ a: tf.expandDims(y, 0), b: tf.expandDims(y, 1) }),
    ],
  ])('for the custom gradient of tf.%s, with a cure', (name, cure, f) => {
    expect(message(() => grad(f)(x))).toBe(
      `operation "${name}" is not allowed in an energy: ${unproven} (${cure})`,
    );
  });

  test('for a convolution with dilation', () => {
    const filter = tf.ones([2, 2, 1, 1]) as tf.Tensor4D;
    const f = (y: tf.Tensor) => tf.conv2d(y as tf.Tensor4D, filter, 1, 'same', 'NHWC', 2);
    expect(message(() => grad(f)(image))).toBe(
      'operation "Conv2D" is not allowed in an energy with dilation',
    );
  });

  test('for uneven windows padded by a number, where tfjs finds a wrong shape', () => {
    const filter = tf.ones([1, 3, 1, 1]) as tf.Tensor4D;
    const cure = 'give it per side, [[0, 0], [1, 1], [1, 1], [0, 0]]';
    expect(message(() => grad((y) => tf.conv2d(y as tf.Tensor4D, filter, 1, 1))(image))).toBe(
      `operation "Conv2D" is not allowed in an energy with padding 1 for a window of 1 x 3 and strides 1, 1: ${cure}`,
    );
    expect(message(() => grad((y) => tf.avgPool(y as tf.Tensor4D, 2, [2, 1], 1))(image))).toBe(
      `operation "AvgPool" is not allowed in an energy with padding 1 for a window of 2 x 2 and strides 2, 1: ${cure}`,
    );
  });

  test('for a matrix product that broadcasts an inner batch axis', () => {
    const product = () => grads((a, b) => tf.matMul(a, b))([tf.ones([2, 1, 2, 2]), tf.ones([2, 3, 2, 2])]);
    expect(message(product)).toBe(
      'operation "BatchMatMul" is not allowed in an energy for shapes [2,1,2,2] and [2,3,2,2]: only leading batch axes may be broadcast',
    );
  });

  test('for a gather with batch dimensions', () => {
    const indices = tf.zeros([1, 1], 'int32');
    expect(message(() => grad((y) => tf.gather(tf.expandDims(y, 0), indices, 1, 1))(x))).toBe(
      'operation "GatherV2" is not allowed in an energy with batchDims other than 0',
    );
  });

  describe('when a proven gradient', () => {
    afterEach(registerGradients);
    test('was replaced', () => {
      tf.registerGradient({ kernelName: 'Tanh', gradFunc: (dy) => ({ x: () => dy as tf.Tensor }) });
      expect(message(() => grad(tf.tanh)(x))).toBe(
        'operation "Tanh": another gradient was registered for it after src/autodiff was loaded (call registerGradients again)',
      );
      registerGradients();
      grad(tf.tanh)(x);
    });
  });
});

describe('an energy is not refused', () => {
  test('for what happens to constants', () => {
    expect([...grad((y) => tf.mul(y, tf.max(tf.cumprod(tf.tensor1d([2, 3])))))(x).dataSync()]).toEqual([
      6, 6,
    ]);
  });

  test('for what its value does not depend on', () => {
    const f = (y: tf.Tensor) => {
      stop(y);
      tf.cumprod(y);
      return tf.square(y);
    };
    expect([...grad(f)(x).dataSync()]).toEqual([1, 4]);
  });

  test('for what an outer level differentiates and an inner one does not', () => {
    expect(message(() => grad((y) => tf.mul(tf.cumprod(y), grad(tf.square)(y)))(x))).toContain(
      'operation "Cumprod"',
    );
    const constant = tf.max(tf.cumprod(x));
    expect([...grad((y) => tf.mul(constant, grad(tf.square)(y)))(x).dataSync()]).toEqual([2, 2]);
  });

  test('by tfjs itself, whose gradients of other operations stay', () => {
    const largest = (y: tf.Tensor) =>
      tf.maxPool(tf.reshape(y, [1, 2, 1, 1]) as tf.Tensor4D, [2, 1], 1, 'valid');
    expect([...tf.grad(largest)(x).dataSync()]).toEqual([0, 1]);
  });
});

function at(value: number): tf.Tensor {
  return tf.scalar(value);
}
