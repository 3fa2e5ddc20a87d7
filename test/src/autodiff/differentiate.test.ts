import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { grad, grads, valueAndGrad, valueAndGrads, valueAndGradsOf } from '../../../src/autodiff/index.ts';
import { InputError } from '../../../src/errors.ts';

const values = (x: tf.Tensor) => [...x.dataSync()];
const at = (x: number) => tf.scalar(x);

describe('the gradient', () => {
  test('is of the sum of a value of any shape', () => {
    const x = tf.tensor2d([[1, 2, 3]]);
    const { value, grad: g } = valueAndGrad((y) => tf.square(y))(x);
    expect(value.shape).toEqual([1, 3]);
    expect(values(g)).toEqual([2, 4, 6]);
  });

  test('is weighted by dy', () => {
    expect(values(grad((x) => tf.square(x))(tf.tensor1d([1, 2]), tf.tensor1d([10, 100])))).toEqual([20, 400]);
  });

  test('of a product is right where entries are 0', () => {
    const ofProduct = (x: number[]) => values(grad((x) => tf.prod(x))(tf.tensor1d(x)));
    expect(ofProduct([0, 2, 3, 5])).toEqual([30, 0, 0, 0]);
    expect(ofProduct([2, 0, 3, 0])).toEqual([0, 0, 0, 0]);
    // d2 / dx0 dx1 of x0 x1 x2 at (0, 0, 3).
    const second = grad((x) => tf.slice(grad((x) => tf.prod(x))(x), [0], [1]))(tf.tensor1d([0, 0, 3]));
    expect(values(second)).toEqual([0, 3, 0]);
  });

  test('of an einsum that tfjs gets wrong is refused', () => {
    const f = (x: tf.Tensor) => tf.einsum('i,jc->ij', x, tf.ones([2, 2]));
    expect(() => grad(f)(tf.tensor1d([1, 2]))).toThrow(
      /"i,jc->ij": axis c is summed over in one of two operands alone/,
    );
  });

  test('can be differentiated with respect to dy', () => {
    const g = grad((dy) => grad((x) => tf.square(x))(at(3), dy))(at(1));
    expect(values(g)).toEqual([6]);
  });

  test('comes for every argument, in order', () => {
    const { value, grads: gs } = valueAndGrads((a, b) => tf.mul(a, tf.square(b)))([at(2), at(3)]);
    expect([values(value), ...gs.map(values)]).toEqual([[18], [9], [12]]);
    expect(grads((a, b) => tf.mul(a, tf.square(b)))([at(2), at(3)]).map(values)).toEqual([[9], [12]]);
  });

  test('comes under the names of the arguments', () => {
    const { value, grads: gs } = valueAndGradsOf(({ a, b }) => tf.mul(a, b))({ a: at(2), b: at(3) });
    expect([values(value), values(gs.a), values(gs.b)]).toEqual([[6], [3], [2]]);
  });

  test('is empty without arguments', () => {
    const { value, grads: gs } = valueAndGradsOf(() => at(5))({});
    expect(values(value)).toEqual([5]);
    expect(gs).toEqual({});
  });

  test('is zeros for an unused argument', () => {
    const [a, b] = grads((x) => tf.square(x))([at(2), tf.ones([2, 3])]);
    expect(values(a)).toEqual([4]);
    expect(b.shape).toEqual([2, 3]);
    expect(values(b)).toEqual([0, 0, 0, 0, 0, 0]);
  });

  test('is zeros of a constant, also when nested', () => {
    expect(values(grad(() => at(7))(at(2)))).toEqual([0]);
    expect(values(grad((x) => grad((y) => tf.mul(y, 3))(x))(at(2)))).toEqual([0]);
  });

  test('is one of the argument itself', () => {
    const x = at(2);
    const { value, grad: g } = valueAndGrad((y) => y)(x);
    value.dispose();
    expect([values(x), values(g)]).toEqual([[2], [1]]);
  });

  test('wants one tensor back, and a dy of its shape', () => {
    expect(() => grad((() => 3) as never)(at(1))).toThrow(
      new InputError('a differentiated function must return one tensor'),
    );
    expect(() => grad((x) => x)(at(1), tf.ones([2]))).toThrow(
      new InputError("dy has shape [2], but the function's value has shape []"),
    );
  });
});

describe('nested gradients', () => {
  test('do not follow paths that an outer level built (perturbation confusion)', () => {
    // w = x^2 is a weight to the inner gradient of z w, which is therefore w = 9 at x = 3, not the slope 27 of x^3.
    const inner = (gradient: typeof grad) => (x: tf.Tensor) => {
      const w = tf.square(x);
      return gradient((z) => tf.mul(z, w))(x);
    };
    const stock: typeof grad = (f) => (x) => tf.grad(f)(x);
    expect(values(inner(stock)(at(3)))).toEqual([9]);
    expect(values(valueAndGrad(inner(stock))(at(3)).value)).toEqual([27]);
    expect(values(valueAndGrad(inner(grad))(at(3)).value)).toEqual([9]);
    expect(values(grad(inner(grad))(at(3)))).toEqual([6]);
  });

  test('of tanh equal the closed form at order 4', () => {
    const xs = [-1.1, 0, 0.3, 0.8];
    const fourth = grad(grad(grad(grad(tf.tanh))))(tf.tensor1d(xs));
    for (const [i, value] of values(fourth).entries()) {
      const t = Math.tanh(xs[i]);
      expect(value).toBeCloseTo((1 - t * t) * (16 * t - 24 * t ** 3), 4);
    }
  });

  test('go through a step of gradient descent', () => {
    // One step on z^2 from x, z = x - 0.1 * 2 x = 0.8 x, and the slope of z^2 after it: 2 * 0.8^2 x.
    const g = grad((x) => tf.square(tf.sub(x, tf.mul(grad((z) => tf.square(z))(x), 0.1))))(at(5));
    expect(values(g)[0]).toBeCloseTo(2 * 0.64 * 5, 5);
  });

  test('never look at values, so that a backend that only records can run them', () => {
    const read = vi.spyOn(tf.engine(), 'readSync');
    const energy = (x: tf.Tensor, w: tf.Tensor) => tf.softmax(tf.tanh(tf.matMul(x, w)));
    grads((x, w) => grad((y) => tf.sum(tf.square(grad((z) => energy(z, w))(y))))(x))([
      tf.ones([2, 3]),
      tf.ones([3, 3]),
    ]);
    expect(read).not.toHaveBeenCalled();
    read.mockRestore();
  });
});

describe('memory', () => {
  let before: number;
  const x = tf.tensor1d([0.5, 2]);
  beforeEach(() => {
    before = tf.memory().numTensors;
  });

  /** After whatever a test did: nothing is left, and the engine still differentiates. */
  afterEach(() => {
    expect(tf.memory().numTensors).toBe(before);
    expect(tf.engine().state.gradientDepth).toBe(0);
    expect(tf.engine().state.kernelDepth).toBe(0);
    const g = grad(grad(tf.tanh))(x);
    expect(values(g)[0]).toBeCloseTo(-2 * Math.tanh(0.5) * (1 - Math.tanh(0.5) ** 2), 5);
    g.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  const fail = (y: tf.Tensor): tf.Tensor => {
    tf.tanh(tf.square(y));
    throw new Error('in f');
  };

  test('holds only results after success, at any depth', () => {
    const { value, grads: gs } = valueAndGrads((a, b) => grad((c) => tf.mul(tf.tanh(c), b))(a))([x, x]);
    expect(tf.memory().numTensors).toBe(before + 3);
    tf.dispose([value, ...gs]);
  });

  test('is freed when f throws', () => {
    expect(() => grad(fail)(x)).toThrow('in f');
  });

  test('is freed when f throws three levels down', () => {
    expect(() => grad((a) => grad((b) => grad(fail)(tf.exp(b)))(tf.sin(a)))(x)).toThrow('in f');
  });

  test('is freed when an outer level catches what an inner one throws', () => {
    const g = grad((a) => {
      try {
        return grad(fail)(a);
      } catch {
        return tf.square(a);
      }
    })(x);
    expect(values(g)).toEqual([1, 4]);
    g.dispose();
  });

  test('is freed when the backward pass throws', () => {
    const indices = tf.zeros([2, 1], 'int32');
    const g = grad((a) => tf.gather(tf.tanh(tf.stack([a, a])), indices, 1, 1));
    expect(() => g(x)).toThrow(InputError);
    indices.dispose();
  });

  test('is freed when an operation is refused', () => {
    expect(() => grad((a) => tf.cumprod(tf.tanh(a)))(x)).toThrow(InputError);
  });

  test('is freed when a custom gradient saves and then throws', () => {
    const custom = tf.customGrad((a, save) => {
      (save as tf.GradSaveFunc)([tf.square(a as tf.Tensor)]);
      throw new Error('in a custom gradient');
    });
    expect(() => grad((a) => custom(tf.tanh(a)))(x)).toThrow('in a custom gradient');
  });

  test('is freed when an operation rejects its arguments', () => {
    expect(() => grad((a) => tf.matMul(tf.tanh(a) as tf.Tensor2D, tf.exp(a) as tf.Tensor2D))(x)).toThrow();
  });

  test('keeps what the caller asked to keep', () => {
    let kept: tf.Tensor | undefined;
    const keepAndFail = (y: tf.Tensor) => {
      kept = tf.keep(tf.clone(tf.tanh(y)));
      return fail(y);
    };
    expect(() => grad(keepAndFail)(x)).toThrow('in f');
    expect(kept?.isDisposed).toBe(false);
    kept?.dispose();
  });
});
