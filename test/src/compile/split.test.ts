import * as tf from '@tensorflow/tfjs';
import { afterAll, describe, expect, test } from 'vitest';
import {
  compiledEngine,
  meanName,
  type NamedTensors,
  type Split,
  type TensorFunction,
} from '../../../src/compile/index.ts';
import { inTurn, partsOf } from '../../../src/compile/split.ts';
import { trace } from '../../../src/compile/trace-backend.ts';

const product = (a: tf.Tensor, b: tf.Tensor) => tf.matMul(a as tf.Tensor2D, b as tf.Tensor2D);

const engines = [1, 2, 3].map((threads) => compiledEngine({ threads }));
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

describe('a function with a split gives the same, whatever the threads', () => {
  test.each([
    [6, [1, 2, 3]],
    [4, [1, 2, 2]],
    [5, [1, 1, 1]],
    [1, [1, 1, 1]],
  ])('a batch of %i', async (batch, parts) => {
    const f = scaled();
    for (const [i, engine] of engines.entries()) {
      expect(partsOf(f.split!, specs(batch), i + 1)).toBe(parts[i]);
      const program = await engine.compile(f, specs(batch));
      for (let run = 0; run < 2; run++) {
        const outputs = await program.run(inputs(batch));
        const x = Array.from({ length: 2 * batch }, (_, k) => k + 1);
        expect(Array.from(outputs.y)).toEqual(x.map((v) => 3 * v));
        expect(outputs.loss[0]).toBeCloseTo(x.reduce((sum, v) => sum + 9 * v * v, 0) / x.length, 3);
        expect(Array.from(outputs.next)).toEqual([6]);
        expect(Array.from(outputs.step)).toEqual([8]);
      }
      expect(program.outputShapes).toEqual({ loss: [], next: [], step: [], y: [batch, 2] });
    }
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
