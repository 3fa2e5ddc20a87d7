import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { grads, valueAndGrad } from '../../../../src/autodiff/index.ts';
import { compiledEngine, exportOnnx, type NamedTensors } from '../../../../src/compile/index.ts';
import { hasRuntime } from '../../../../src/compile/onnx/session-program.ts';
import { InputError } from '../../../../src/errors.ts';

const engine = compiledEngine({ threads: 1 });
const vector = { x: { shape: [3] } };
const x = Float32Array.of(1, -2, 3);
afterAll(() => engine.dispose());

test('compiling before anything chose a backend leaves tfjs with one that computes', async () => {
  await engine.compile(({ x }) => ({ y: tf.neg(x) }), vector);
  expect(tf.getBackend()).toBe('cpu');
  expect(tf.add(1, 2).dataSync()[0]).toBe(3);
});

beforeEach(() => tf.setBackend('cpu').then(() => {}));

/** Runs `body` and expects that tfjs is as it was before. */
async function expectNoTrace(body: () => Promise<unknown>) {
  const { numTensors, numDataBuffers } = tf.memory();
  const { activeScope, gradientDepth } = tf.engine().state;
  await body();
  expect(tf.getBackend()).toBe('cpu');
  expect(tf.engine().state.activeScope).toBe(activeScope);
  expect(tf.engine().state.gradientDepth).toBe(gradientDepth);
  expect(tf.memory()).toMatchObject({ numTensors, numDataBuffers });
}

test('a program gives what its function gives', async () => {
  const program = await engine.compile(
    ({ x, n, flag }) => ({
      y: tf.mul(x, tf.cast(n, 'float32')),
      n: tf.add(n, tf.scalar(1, 'int32')),
      positive: tf.logicalAnd(tf.greater(x, 0), flag),
    }),
    { x: { shape: [3] }, n: { shape: [], dtype: 'int32' }, flag: { shape: [3], dtype: 'bool' } },
  );
  const { y, n, positive } = await program.run({ x, n: Int32Array.of(2), flag: Uint8Array.of(0, 1, 1) });
  expect(y).toEqual(Float32Array.of(2, -4, 6));
  expect(n).toEqual(Int32Array.of(3));
  expect(positive).toEqual(Uint8Array.of(0, 0, 1));
  expect(program.outputShapes).toEqual({ y: [3], n: [], positive: [3] });
});

test('values are converted to what the program takes', async () => {
  const program = await engine.compile(({ x, n }) => ({ y: tf.mul(x, tf.cast(n, 'float32')) }), {
    x: { shape: [2] },
    n: { shape: [2], dtype: 'int32' },
  });
  const { y } = await program.run({ x: Uint8Array.of(1, 0), n: Float32Array.of(5, 6) });
  expect(y).toEqual(Float32Array.of(5, 0));
});

test('an output may be an input, a constant, or another output again', async () => {
  const program = await engine.compile(({ x }) => {
    const y = tf.square(x);
    return { x, same: x, seven: tf.fill([2], 7), y, again: y, unchanged: tf.mul(y, 1) };
  }, vector);
  const squares = Float32Array.of(1, 4, 9);
  const seven = Float32Array.of(7, 7);
  expect(await program.run({ x })).toEqual({
    x,
    same: x,
    seven,
    y: squares,
    again: squares,
    unchanged: squares,
  });
});

test('inputs and outputs may have any names', async () => {
  const names = ['v3', 'c0', 'v2', '2', 'p:a/b.c', '#1', 'next:x', ''];
  const specs = Object.fromEntries(names.map((name) => [name || 'empty', { shape: [2] }]));
  const program = await engine.compile((inputs) => {
    const entries = Object.entries(inputs).map(([name, t], i) => [name, tf.reshape(tf.add(t, i), [2, 1])]);
    return Object.fromEntries(entries);
  }, specs);
  const values = Object.fromEntries(Object.keys(specs).map((name) => [name, Float32Array.of(0, 1)]));
  const results = await program.run(values);
  for (const [i, name] of Object.keys(specs).entries()) {
    expect(results[name], name).toEqual(Float32Array.of(i, i + 1));
  }
});

test('a function without inputs is a constant', async () => {
  const program = await engine.compile(() => ({ y: tf.sum(tf.ones([2, 3])) }), {});
  expect((await program.run({})).y).toEqual(Float32Array.of(6));
});

test('a function and its derivatives compile like any other', async () => {
  const program = await engine.compile(
    ({ x }) => ({ slope: valueAndGrad((z) => tf.sum(tf.mul(z, tf.square(z))))(x).grad }),
    vector,
  );
  expect((await program.run({ x })).slope).toEqual(Float32Array.of(3, 12, 27));
});

test('the same function and shapes are compiled once; other shapes again', async () => {
  const f = ({ x }: NamedTensors) => ({ y: tf.neg(x) });
  const program = engine.compile(f, vector);
  expect(await engine.compile(f, { x: { shape: [3], dtype: 'float32' } })).toBe(await program);
  expect(await engine.compile(f, { x: { shape: [4] } })).not.toBe(await program);
  expect(await engine.compile(f, { x: { shape: [3], dtype: 'int32' } })).not.toBe(await program);
  expect(await compiledEngine().compile(f, vector)).not.toBe(await program);
});

test('a function that failed may be compiled again', async () => {
  let broken = true;
  const f = ({ x }: NamedTensors) => {
    if (broken) throw new Error('not yet');
    return { y: tf.neg(x) };
  };
  await expect(engine.compile(f, vector)).rejects.toThrow('not yet');
  broken = false;
  expect((await (await engine.compile(f, vector)).run({ x })).y).toEqual(Float32Array.of(-1, 2, -3));
});

test('constants from outside are part of the program and still the caller’s', async () => {
  const matrix = tf.tensor2d([1, 2, 3, 4], [2, 2]);
  const row = tf.slice(matrix, [1, 0], [1, 2]);
  const f = ({ x }: NamedTensors) => ({ y: tf.mul(tf.matMul(matrix, x as tf.Tensor2D), row), matrix });
  const program = await engine.compile(f, { x: { shape: [2, 2] } });
  expect(matrix.dataSync()).toEqual(Float32Array.of(1, 2, 3, 4));
  expect(tf.add(matrix, row).dataSync()).toEqual(Float32Array.of(4, 6, 6, 8));
  const results = await program.run({ x: Float32Array.of(1, 0, 0, 1) });
  expect(results.y).toEqual(Float32Array.of(3, 8, 9, 16));
  expect(results.matrix).toEqual(Float32Array.of(1, 2, 3, 4));
  tf.dispose([matrix, row]);
  expect((await program.run({ x: Float32Array.of(1, 0, 0, 1) })).y).toEqual(Float32Array.of(3, 8, 9, 16));
});

test('compiling leaves no tensor, scope or backend behind', async () => {
  const constant = tf.tensor1d([1, 2, 3]);
  await expectNoTrace(async () => {
    const f = ({ x }: NamedTensors) => {
      const { value, grad } = valueAndGrad((z) => tf.sum(tf.tanh(tf.mul(z, constant))))(x);
      return { value, grad, constant, x, kept: tf.keep(tf.clone(grad)) };
    };
    const program = await engine.compile(f, vector);
    await program.run({ x });
  });
  expect(constant.dataSync()).toEqual(Float32Array.of(1, 2, 3));
});

test('neither does a function that throws, even inside a gradient', async () => {
  const fail = (): never => {
    throw new Error('no');
  };
  const within = ({ x }: NamedTensors) => ({
    y: grads((z) => tf.tidy(() => grads((w) => tf.add(tf.exp(w), fail()))([tf.square(z)])[0]))([x])[0],
  });
  for (const f of [({ x }: NamedTensors) => ({ y: tf.add(x, fail()) }), within]) {
    await expectNoTrace(() => expect(engine.compile(f, vector)).rejects.toThrow('no'));
  }
});

test.each([
  ['dataSync', (t: tf.Tensor) => t.dataSync()[0]],
  ['arraySync', (t: tf.Tensor) => (t.arraySync() as number[])[0]],
  ['print', (t: tf.Tensor) => t.print()],
])('looking at values by %s is refused in one line', async (_, look) => {
  const f = ({ x }: NamedTensors) => {
    look(x);
    return { y: tf.neg(x) };
  };
  await expectNoTrace(async () => {
    const error = await engine.compile(f, vector).catch((e) => e);
    expect(error).toBeInstanceOf(InputError);
    expect(error.message).toMatch(
      /^a compiled function cannot look at the values of its tensors .*tf\.where/,
    );
    expect(error.message).not.toContain('\n');
  });
});

test('a kernel without a row is named in one line', async () => {
  await expectNoTrace(async () => {
    const error = await engine.compile(({ x }) => ({ y: tf.topk(x).values }), vector).catch((e) => e);
    expect(error).toBeInstanceOf(InputError);
    expect(error.message).toBe('kernel "TopK" is not supported by the compiled engine: use --engine tfjs');
  });
});

test.each([
  [
    'gathering by batch',
    [2, 3],
    (t: tf.Tensor) => tf.gather(t, tf.tensor2d([[0], [1]], [2, 1], 'int32'), 1, 1),
    /^kernel "GatherV2" with batchDims is not supported/,
  ],
  [
    'channels first',
    [1, 2, 4, 4],
    (t: tf.Tensor) => tf.conv2d(t as tf.Tensor4D, tf.ones([1, 1, 2, 1]), 1, 'same', 'NCHW'),
    /^convolution in data format NCHW is not supported/,
  ],
  [
    'pooling of padding alone',
    [1, 4, 4, 1],
    (t: tf.Tensor) => tf.avgPool(t as tf.Tensor4D, 2, 1, 2),
    /^average pooling with whole windows of padding is not supported/,
  ],
])('%s is refused in one line', async (_, shape, f, message) => {
  const error = await engine.compile(({ x }) => ({ y: f(x) }), { x: { shape } }).catch((e) => e);
  expect(error).toBeInstanceOf(InputError);
  expect(error.message).toMatch(message);
});

test('complex numbers and strings are refused', async () => {
  const text = tf.tensor1d(['a'], 'string');
  for (const f of [() => ({ y: tf.clone(text) }), () => ({ y: tf.tensor1d(['b']) })]) {
    const error = await engine.compile(f, {}).catch((e) => e);
    expect(error).toBeInstanceOf(InputError);
    expect(error.message).toBe(
      'a compiled function cannot hold a tensor of dtype string, only float32, int32 and bool',
    );
  }
});

test('a tensor of one compiled function is refused by another', async () => {
  let leaked: tf.Tensor | undefined;
  await engine.compile(({ x }) => {
    leaked = tf.keep(tf.neg(x));
    return { y: tf.neg(x) };
  }, vector);
  const error = await engine.compile(({ x }) => ({ y: tf.add(x, leaked!) }), vector).catch((e) => e);
  expect(error).toBeInstanceOf(InputError);
  expect(error.message).toBe('a compiled function used a tensor that was made inside another one');
  expect(() => leaked!.dataSync()).toThrow(InputError);
  leaked!.dispose();
});

test('wrong inputs are refused', async () => {
  const program = await engine.compile(({ x }) => ({ y: tf.neg(x) }), vector);
  await expect(program.run({})).rejects.toThrow('input "x" is missing');
  await expect(program.run({ x: new Float32Array(2) })).rejects.toThrow();
});

test('a disposed engine frees its programs', async () => {
  const own = compiledEngine({ threads: 1 });
  const program = await own.compile(({ x }) => ({ y: tf.neg(x) }), vector);
  await own.dispose();
  await expect(program.run({ x })).rejects.toThrow();
});

test.skipIf(!hasRuntime())('a missing device is named in one line', async () => {
  const error = await compiledEngine({
    device: 'webgpu',
    session: { executionProviders: ['abacus'] },
  })
    .compile(({ x }) => ({ y: tf.neg(x) }), vector)
    .catch((e) => e);
  expect(error).toBeInstanceOf(InputError);
  expect(error.message).toMatch(
    /^onnxruntime has no working "webgpu" execution provider on this machine: [^\n]*$/,
  );
});

test.skipIf(!hasRuntime())('an exported model is the program', async () => {
  const { InferenceSession, Tensor } = await import('onnxruntime-node');
  const session = await InferenceSession.create(exportOnnx(({ x }) => ({ y: tf.square(x) }), vector));
  expect(session.inputNames).toEqual(['x']);
  expect(session.outputNames).toEqual(['y']);
  const { y } = await session.run({ x: new Tensor('float32', x, [3]) });
  expect(y.data).toEqual(Float32Array.of(1, 4, 9));
});
