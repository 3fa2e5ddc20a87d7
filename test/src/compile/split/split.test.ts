import * as tf from '@tensorflow/tfjs';
import { afterAll, describe, expect, test } from 'vitest';
import { grads } from '../../../../src/autodiff/index.ts';
import {
  compiledEngine,
  meanName,
  type NamedTensors,
  type PartResult,
  type Split,
  type TensorFunction,
} from '../../../../src/compile/index.ts';
import { cutForKernels, inTurn } from '../../../../src/compile/split/split.ts';
import { trace } from '../../../../src/compile/trace/trace-backend.ts';
import { stream } from '../../../../src/random.ts';
import { sizeOf } from '../../../../src/shapes.ts';
import { presentTargets } from '../engines.ts';

const product = (a: tf.Tensor, b: tf.Tensor) => tf.matMul(a as tf.Tensor2D, b as tf.Tensor2D);

const engines = [1, 2, 3].map((threads) => compiledEngine({ threads, parts: 2 }));
afterAll(() => Promise.all(engines.map((engine) => engine.dispose())));

/** The mean of (w x)^2 over the batch, doubled w, and w x. */
function scaled(): TensorFunction {
  const values = ({ w, x }: NamedTensors) => tf.mul(w, x);
  const split: Split = {
    batch: ['x'],
    shared: ['w'],
    part: (inputs) => ({ loss: tf.mean(tf.square(values(inputs))), y: values(inputs) }),
    stacked: ['y'],
    whole: (inputs) => ({
      loss: inputs[meanName('loss')],
      next: tf.mul(inputs.w, 2),
      step: tf.add(inputs.step, 1),
    }),
  };
  const f = (inputs: NamedTensors) => ({
    ...split.whole({ ...inputs, [meanName('loss')]: split.part(inputs).loss }),
    y: values(inputs),
  });
  return Object.assign(f, { split });
}

const specs = (batch: number) => ({ w: { shape: [] }, step: { shape: [] }, x: { shape: [batch, 2] } });
const inputs = (batch: number) => ({
  w: Float32Array.of(3),
  step: Float32Array.of(7),
  x: Float32Array.from({ length: 2 * batch }, (_, i) => i + 1),
});

describe('a function with a split gives the same, whatever the parts', () => {
  test.each([
    [6, [undefined, 1, 2, 3, 6]],
    [5, [undefined, 1, 5]],
    [1, [undefined, 1]],
  ])('a batch of %i', async (batch, counts) => {
    for (const parts of counts) {
      const engine = compiledEngine({ threads: 2, parts });
      const program = await engine.compile(scaled(), specs(batch));
      expect(program.parted?.parts ?? 1).toBe(parts ?? 1);
      for (let run = 0; run < 2; run++) {
        const outputs = await program.run(inputs(batch));
        const x = Array.from({ length: 2 * batch }, (_, k) => k + 1);
        expect(Array.from(outputs.y)).toEqual(x.map((v) => 3 * v));
        expect(outputs.loss[0]).toBeCloseTo(x.reduce((sum, v) => sum + 9 * v * v, 0) / x.length, 3);
        expect(Array.from(outputs.next)).toEqual([6]);
        expect(Array.from(outputs.step)).toEqual([8]);
      }
      expect(program.outputShapes).toEqual({ loss: [], next: [], step: [], y: [batch, 2] });
      await engine.dispose();
    }
  });

  test('parts that are not equal are refused', async () => {
    await expect(engines[0].compile(scaled(), specs(5))).rejects.toThrow('2 parts of a batch of 5');
  });
});

test('a batch is cut by its sizes alone, into as many parts as threads can share', () => {
  const cut = (batch: number, d: number, sums = 1) => {
    const { outputs } = trace(({ x }) => ({ y: tf.tanh(tf.mul(x, x)) }), { x: { shape: [1, d] } });
    return cutForKernels(Object.values(outputs), batch, sums);
  };
  expect(cut(16, 10)).toEqual({ parts: 1, pieces: 1 });
  expect(cut(16, 100_000)).toEqual({ parts: 16, pieces: 1 });
  expect(cut(16, 20_000)).toEqual({ parts: 8, pieces: 1 });
  expect(cut(24, 100_000)).toEqual({ parts: 12, pieces: 2 });
  expect(cut(64, 100_000)).toEqual({ parts: 16, pieces: 4 });
  // Of a prime number of examples each is a part.
  expect(cut(17, 100_000)).toEqual({ parts: 17, pieces: 1 });
  expect(cut(34, 100_000)).toEqual({ parts: 17, pieces: 2 });
  // Results so large that few of them are held at once.
  expect(cut(16, 100_000, 2 ** 24)).toEqual({ parts: 4, pieces: 4 });
});

describe('the numbers are the same bit for bit', () => {
  const d = 24;
  /** A loss of a product with its own transpose, its gradient in w, and what every example gives. */
  const split: Split = {
    batch: ['x'],
    shared: ['w'],
    part: (inputs) => {
      const loss = ({ w, x }: NamedTensors) =>
        tf.mean(tf.square(tf.sub(x, tf.matMul(tf.tanh(tf.matMul(x, w)), w, false, true))));
      return {
        loss: loss(inputs),
        g: grads((w) => loss({ ...inputs, w }))([inputs.w])[0],
        y: tf.sum(inputs.x, 2),
      };
    },
    stacked: ['y'],
    whole: (inputs) => ({
      loss: inputs[meanName('loss')],
      next: tf.sub(inputs.w, tf.mul(inputs[meanName('g')], 0.1)),
    }),
  };
  const step: TensorFunction = Object.assign(() => ({}), { split });
  const shapes = { w: { shape: [d, d] }, x: { shape: [12, 7, d] } };
  const values = Object.fromEntries(
    Object.entries(shapes).map(([name, { shape }]) => {
      const random = stream('split', name);
      return [name, Float32Array.from({ length: sizeOf(shape) }, () => 0.3 * random.normal())];
    }),
  );

  test.each(presentTargets)('on any number of threads: %s', async (target) => {
    const results: Record<string, unknown>[] = [];
    for (const threads of [1, 2, 3, 5, 16]) {
      const engine = compiledEngine({ threads, target, parts: 6 });
      const program = await engine.compile(step, shapes);
      results.push(await program.run(values));
      results.push(await program.run(values));
      await engine.dispose();
    }
    for (const result of results.slice(1)) expect(result).toEqual(results[0]);
  });

  test('whoever computes which part, in whatever order', async () => {
    const engine = compiledEngine({ threads: 2, parts: 6 });
    const program = await engine.compile(step, shapes);
    const { parted } = program;
    const expected = await program.run(values);
    const others = [1, 3].map((threads) => compiledEngine({ threads, parts: 6 }));
    const results: PartResult[] = [];
    for (const k of [3, 0, 5, 1, 4, 2]) {
      const other = await others[k % 2].compile(step, shapes);
      const length = values.x.length / 6;
      const x = values.x.subarray(k * length, (k + 1) * length);
      [results[k]] = await other.parted!.compute({ w: values.w, x });
    }
    expect(parted?.parts).toBe(6);
    expect(parted?.length).toBe(2);
    expect(parted?.sumShapes).toEqual({ loss: [], g: [d, d] });
    expect(await parted?.merge({ w: values.w }, results)).toEqual(expected);
    // Several at once.
    const half = values.x.length / 2;
    const [first, second] = [values.x.subarray(0, half), values.x.subarray(half)];
    const both = [...(await parted!.compute({ w: values.w, x: second })), ...(await parted!.compute({ w: values.w, x: first }))]; // biome-ignore format: one thought
    expect(both.map(({ sums }) => sums)).toEqual([...results.slice(3), ...results.slice(0, 3)].map(({ sums }) => sums)); // biome-ignore format: one thought
    await Promise.all([engine, ...others].map((one) => one.dispose()));
  });
});

test('several runs at once are answered each with its own', async () => {
  const program = await engines[1].compile(scaled(), specs(4));
  const runs = [1, 2, 3].map((w) => program.run({ ...inputs(4), w: Float32Array.of(w) }));
  expect((await Promise.all(runs)).map(({ next }) => next[0])).toEqual([2, 4, 6]);
});

test('a part that cannot run says so, and the next run is not disturbed', async () => {
  const program = await engines[1].compile(scaled(), specs(4));
  await expect(program.run({ ...inputs(4), x: new Float32Array(6) })).rejects.toThrow();
  expect((await program.run(inputs(4))).next[0]).toBe(6);
});

describe('parts of large tensors are computed in turn', () => {
  /** The mean of sin(w x) five times over. */
  function waves(): TensorFunction {
    const y = ({ w, x }: NamedTensors) => {
      let value = tf.mul(w, x);
      for (let k = 0; k < 5; k++) value = tf.sin(tf.mul(value, w));
      return value;
    };
    const split: Split = {
      batch: ['x'],
      shared: ['w'],
      part: (inputs) => ({ loss: tf.mean(y(inputs)), y: y(inputs) }),
      stacked: ['y'],
      whole: (inputs) => ({ loss: inputs[meanName('loss')] }),
    };
    return Object.assign((inputs: NamedTensors) => ({ loss: tf.mean(y(inputs)), y: y(inputs) }), { split });
  }
  const shapes = (batch: number, d: number) => ({ w: { shape: [] }, x: { shape: [batch, d] } });
  const turns = (batch: number, d: number) => {
    const { inputs, outputs } = trace(waves().split!.part, shapes(batch, d));
    return inTurn(Object.values(outputs), [inputs.x], batch);
  };

  test('so many that they fit into the cache, and no more', () => {
    expect(turns(4, 1000)).toBe(1);
    expect(turns(4, 100_000)).toBe(4);
    expect(turns(8, 50_000)).toBe(4);
    // No part of one example would fit: cutting gains nothing.
    expect(turns(4, 2_000_000)).toBe(1);
  });

  test('as few as possible where rows of all examples are multiplied with one large matrix', () => {
    const f = ({ w, x }: NamedTensors) => {
      let y: tf.Tensor = x;
      for (let k = 0; k < 3; k++) y = tf.tanh(product(y, w));
      return { y };
    };
    const cut = (side: number) => {
      const { inputs, outputs } = trace(f, { w: { shape: [side, side] }, x: { shape: [512, side] } });
      return inTurn(Object.values(outputs), [inputs.x], 512);
    };
    expect(cut(300)).toBe(2);
    expect(cut(2000)).toBe(1);
  });

  test('with the same result', async () => {
    const [batch, d] = [4, 100_000];
    const values = {
      w: Float32Array.of(2),
      x: Float32Array.from({ length: batch * d }, (_, i) => (i % 1000) / 1000),
    };
    const expected = await (await engines[0].compile((inputs) => waves()(inputs), shapes(batch, d))).run(
      values,
    );
    for (const engine of engines.slice(0, 2)) {
      const program = await engine.compile(waves(), shapes(batch, d));
      const outputs = await program.run(values);
      expect(outputs.loss[0]).toBeCloseTo(expected.loss[0], 4);
      expect(outputs.y.length).toBe(batch * d);
      expect(outputs.y.every((v, i) => Math.abs(v - expected.y[i]) < 1e-4)).toBe(true);
    }
  });
});
