import * as tf from '@tensorflow/tfjs';
import { afterAll, describe, expect, test } from 'vitest';
import { grads } from '../../../../src/autodiff/index.ts';
import { liveNodes, type Node } from '../../../../src/compile/graph/graph.ts';
import type { InputSpec, NamedTensors, TensorFunction } from '../../../../src/compile/index.ts';
import { forOnnx } from '../../../../src/compile/onnx/form.ts';
import { trace } from '../../../../src/compile/trace/trace-backend.ts';
import { stream } from '../../../../src/random.ts';
import { compiledEngines } from '../engines.ts';

const engines = compiledEngines();
afterAll(() => Promise.all(engines.map(([, engine]) => engine.dispose())));

/** What is left of a function, by operation; with `inRuntime` of what onnxruntime gets. */
function left(
  f: TensorFunction,
  shapes: Record<string, readonly number[]>,
  inRuntime = false,
): Record<string, Node[]> {
  const specs: Record<string, InputSpec> = Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => [name, { shape }]),
  );
  const { builder, outputs } = trace(f, specs);
  const nodes = liveNodes(Object.values(inRuntime ? forOnnx(builder, outputs) : outputs));
  const byOperation: Record<string, Node[]> = {};
  for (const node of nodes) byOperation[node.op] = [...(byOperation[node.op] ?? []), node];
  return byOperation;
}

/** The compiled function against tfjs's own kernels. */
async function expectSame(f: TensorFunction, shapes: Record<string, readonly number[]>) {
  const random = stream('optimise');
  const values: Record<string, Float32Array> = {};
  const specs: Record<string, InputSpec> = {};
  for (const [name, shape] of Object.entries(shapes)) {
    specs[name] = { shape };
    values[name] = Float32Array.from({ length: tf.util.sizeFromShape([...shape]) }, () => random.normal());
  }
  const results = await Promise.all(
    engines.map(async ([, engine]) => (await engine.compile(f, specs)).run(values)),
  );
  const tensors = Object.fromEntries(
    Object.entries(values).map(([name, v]) => [name, tf.tensor(v, [...shapes[name]])]),
  );
  for (const [name, expected] of Object.entries(f(tensors))) {
    const wanted = expected.dataSync();
    const scale = Math.max(...wanted.map(Math.abs));
    for (const [i, actual] of results.entries()) {
      const apart = Math.max(...wanted.map((v, k) => Math.abs(v - actual[name][k])));
      expect(apart / scale, `${name}, ${engines[i][0]}`).toBeLessThan(1e-5);
    }
    expect(scale).toBeGreaterThan(0);
  }
}

const product = (a: tf.Tensor, b: tf.Tensor, transposeA = false, transposeB = false) =>
  tf.matMul(a as tf.Tensor2D, b as tf.Tensor2D, transposeA, transposeB);

/** Episodes, rows, and the sides of a matrix. */
const [E, R, M, N] = [3, 4, 32, 40];
const rows = { a: [E, R, M], b: [E, R, N], c: [E, R, M], d: [E, R, N], w: [E, M, N], s: [] };

describe('sums', () => {
  test('of products of rows are one product', async () => {
    const f = ({ a, b, c, d }: NamedTensors) => ({ y: tf.sub(product(c, d, true), product(a, b, true)) });
    const { MatMul, Sub, Concat } = left(f, rows);
    expect(MatMul).toHaveLength(1);
    expect(Sub).toBeUndefined();
    expect(Concat).toHaveLength(2);
    await expectSame(f, rows);
  });

  test('of many products and other things, with factors', async () => {
    const f = ({ a, b, c, d, w, s }: NamedTensors) => {
      const sum = tf.add(tf.mul(product(a, b, true), s), tf.mul(3, product(c, d, true)));
      return { y: tf.sub(w, tf.mul(s, tf.add(sum, tf.mul(2, tf.sub(w, product(a, d, true)))))) };
    };
    const { MatMul, Mul } = left(f, rows);
    expect(MatMul).toHaveLength(1);
    // One multiple of the large w; the other factors moved to rows and scalars.
    expect(Mul.filter(({ shape }) => shape.join() === `${E},${M},${N}`)).toHaveLength(1);
    await expectSame(f, rows);
  });

  test('keep a product that is wanted elsewhere', async () => {
    const f = ({ a, b, c, d }: NamedTensors) => {
      const first = product(a, b, true);
      return { y: tf.add(first, product(c, d, true)), z: tf.exp(tf.mul(first, 0.1)) };
    };
    expect(left(f, rows).MatMul).toHaveLength(2);
    await expectSame(f, rows);
  });

  test('of products with a common factor multiply once', async () => {
    const f = ({ a, c }: NamedTensors) => {
      const t = tf.tanh(a);
      return { y: tf.sub(tf.add(tf.mul(t, tf.sin(c)), c), tf.mul(tf.exp(a), t)) };
    };
    expect(left(f, rows).Mul).toHaveLength(1);
    await expectSame(f, rows);
  });

  test('of equal things are a multiple', async () => {
    const f = ({ w, s }: NamedTensors) => ({ y: tf.sub(tf.mul(s, w), tf.mul(w, tf.square(s))) });
    const { Mul } = left(f, rows);
    expect(Mul.filter(({ shape }) => shape.length > 0)).toHaveLength(1);
    await expectSame(f, rows);
  });
});

test('an inner product with a product of rows comes from the product with the other side', async () => {
  const f = ({ a, b, w, s }: NamedTensors) => {
    const gradient = tf.add(product(a, b, true), tf.mul(s, w));
    const back = tf.exp(tf.mul(w, 0.1));
    return { rate: tf.sum(tf.mul(gradient, tf.mul(s, back))), ahead: product(a, back) };
  };
  const { MatMul } = left(f, rows);
  expect(MatMul).toHaveLength(1);
  expect(MatMul[0].shape).toEqual([E, R, N]);
  await expectSame(f, rows);
});

test('the sum of products over episodes is one product of all rows', async () => {
  const f = ({ a, b, w, s }: NamedTensors) => ({
    y: tf.sum(tf.add(tf.mul(s, product(a, b, true)), tf.mul(2, tf.sin(w))), 0),
  });
  const { MatMul, Add } = left(f, rows);
  expect(MatMul.map(({ shape }) => shape)).toEqual([[M, N]]);
  expect(Add.every(({ shape }) => shape.length === 2)).toBe(true);
  await expectSame(f, rows);
});

describe('products with one matrix, in onnxruntime', () => {
  test('are one product of all rows', async () => {
    const f = ({ a, c, w }: NamedTensors) => ({ y: product(a, w), z: product(tf.sin(c), w) });
    const { MatMul, Slice } = left(f, rows, true);
    expect(MatMul.map(({ shape }) => shape)).toEqual([[E, 2 * R, N]]);
    expect(Slice).toHaveLength(2);
    await expectSame(f, rows);
  });

  test('but not where one depends on the other', async () => {
    const square = { a: [E, R, M], w: [E, M, M] };
    const f = ({ a, w }: NamedTensors) => ({ y: product(tf.tanh(product(a, w)), w) });
    expect(left(f, square, true).MatMul).toHaveLength(2);
    await expectSame(f, square);
  });

  test('nor where the matrix has episodes and the rows have none', async () => {
    const f = ({ a, c, w }: NamedTensors) => ({ y: product(a, w), z: product(c, w) });
    const shapes = { a: [R, M], c: [R, M], w: [E, M, N] };
    expect(left(f, shapes).MatMul).toHaveLength(2);
    await expectSame(f, shapes);
  });
});

test('rows of many episodes times one matrix', async () => {
  const shapes = { x: [E, R, M], m: [M, N], t: [N, M] };
  const flat = (y: tf.Tensor) => tf.reshape(y, [E * R, y.shape.at(-1)!]);
  await expectSame(
    ({ x, m, t }) => ({
      y: tf.tanh(tf.reshape(product(flat(x), m), [E, R, N])),
      z: tf.mul(tf.reshape(product(flat(x), t, false, true), [E, R, N]), 3),
    }),
    shapes,
  );
});

describe('factors of the axis that is summed over', () => {
  const shapes = { m: [4, 6], x: [6, 300], s: [6, 1] };

  test('move to the small operand', async () => {
    const f = ({ m, x, s }: NamedTensors) => ({ y: product(m, tf.mul(x, s)) });
    expect(left(f, shapes).Mul.map(({ shape }) => shape)).toEqual([[4, 6]]);
    await expectSame(f, shapes);
    await expectSame(
      ({ m, x, s }) => ({ y: product(tf.mul(tf.transpose(x), tf.transpose(s)), m, false, true) }),
      shapes,
    );
  });

  test('not factors of another axis, nor those of all entries', async () => {
    await expectSame(({ m, x }) => ({ y: product(m, tf.mul(x, tf.slice(x, [1, 0], [1, 300]))) }), shapes);
    await expectSame(({ m, x }) => ({ y: product(m, tf.mul(x, tf.sin(x))) }), shapes);
  });

  test('a column beside itself is not multiplied out', async () => {
    const f = ({ x, s }: NamedTensors) => ({ y: tf.mul(x, product(s, tf.fill([1, 300], 0.5))) });
    expect(left(f, shapes).MatMul).toBeUndefined();
    await expectSame(f, shapes);
  });
});

describe('factors of the rows of an operand', () => {
  const shapes = { x: [6, 300], y: [300, 5], s: [6, 1] };

  test('move to the product where it is small', async () => {
    const f = ({ x, y, s }: NamedTensors) => ({ p: product(tf.mul(x, s), y) });
    expect(left(f, shapes).Mul.map(({ shape }) => shape)).toEqual([[6, 5]]);
    await expectSame(f, shapes);
    const turned = ({ x, y, s }: NamedTensors) => ({ p: product(y, tf.mul(x, s), true, true) });
    expect(left(turned, shapes).Mul.map(({ shape }) => shape)).toEqual([[5, 6]]);
    await expectSame(turned, shapes);
    await expectSame(({ x, y, s }) => ({ p: product(tf.mul(tf.transpose(x), tf.transpose(s)), y, true) }), shapes); // biome-ignore format: one line
  });

  test('on both sides', async () => {
    const f = ({ x, s }: NamedTensors) => {
      const scaled = tf.mul(x, s);
      return { p: product(scaled, tf.mul(x, tf.exp(s)), false, true) };
    };
    expect(left(f, shapes).Mul.every(({ shape }) => shape.join() === '6,6')).toBe(true);
    await expectSame(f, shapes);
  });

  test('but stay where the operand is wanted otherwise, or both factors are thin', async () => {
    const f = ({ x, y, s }: NamedTensors) => {
      const scaled = tf.mul(x, s);
      return { p: product(scaled, y), z: tf.tanh(scaled) };
    };
    expect(left(f, shapes).Mul.map(({ shape }) => shape)).toEqual([[6, 300]]);
    await expectSame(f, shapes);
    await expectSame(({ x, y, s }) => ({ p: product(tf.mul(s, tf.slice(x, [0, 0], [1, 300])), y) }), shapes);
  });
});

describe('products with a matrix of equal numbers', () => {
  const shapes = { x: [6, 300], e: [E, R, M] };

  test('are sums', async () => {
    const f = ({ x, e }: NamedTensors) => ({
      rows: product(x, tf.fill([300, 7], 0.5)),
      columns: product(tf.ones([1, 6]), x),
      turned: product(tf.fill([2, 300], -3), x, false, true),
      each: product(tf.ones([E, 5, R]), e),
    });
    const { MatMul, ReduceSum } = left(f, shapes);
    expect(MatMul).toBeUndefined();
    // The first and the third share theirs.
    expect(ReduceSum).toHaveLength(3);
    await expectSame(f, shapes);
  });
});

describe('sums over leading axes of large tensors', () => {
  const large = { x: [4, 128, 100] };

  test.each([
    ['the first', 0],
    ['the first two', [0, 1]],
    ['all', undefined],
    ['the middle one', 1],
    ['the last', 2],
  ])('%s', async (_, axis) => {
    await expectSame(({ x }) => ({ y: tf.sum(tf.square(x), axis) }), large);
  });

  test('are products with ones', () => {
    expect(left(({ x }) => ({ y: tf.sum(x, 0) }), large, true).ReduceSum).toBeUndefined();
    expect(left(({ x }) => ({ y: tf.sum(x, 1) }), large, true).ReduceSum).toHaveLength(1);
  });
});

test('a gradient of weights that are used many times keeps one product for all uses', async () => {
  const shapes = { x: [E, R, M], w: [E, M, M] };
  const f = ({ x, w }: NamedTensors) => {
    const energy = (v: tf.Tensor) => {
      let h = x;
      for (let k = 0; k < 5; k++) h = tf.tanh(product(h, v));
      return tf.sum(h);
    };
    return { slope: grads((v) => energy(v))([w])[0] };
  };
  const { MatMul, Add } = left(f, shapes);
  expect(MatMul.filter(({ shape }) => shape.join() === `${E},${M},${M}`)).toHaveLength(1);
  expect(Add ?? []).toHaveLength(0);
  await expectSame(f, shapes);
});
