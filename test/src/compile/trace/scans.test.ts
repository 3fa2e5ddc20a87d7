import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from 'vitest';
import { InputError } from '../../../../src/errors.ts';
import { compiledEngines } from '../engines.ts';

describe.each(compiledEngines())('along an axis, %s', (_, engine) => {
  const run = async (f: (x: tf.Tensor) => tf.Tensor, values: number[]) => {
    const program = await engine.compile(({ x }) => ({ y: f(x) }), { x: { shape: [values.length] } });
    const { y } = await program.run({ x: Float32Array.from(values) });
    return Array.from(y);
  };

  test('what is no number stays where it is, and after', async () => {
    const x = [1, 2, Number.NaN, 3, Infinity];
    expect(await run((x) => tf.cumsum(x, 0), x)).toEqual([1, 3, Number.NaN, Number.NaN, Number.NaN]);
    expect(await run((x) => tf.cumsum(x, 0, true), x)).toEqual([0, 1, 3, Number.NaN, Number.NaN]);
    expect(await run((x) => tf.cumsum(x, 0, false, true), [1, 2, 3, 4])).toEqual([10, 9, 7, 4]);
    expect(await run((x) => tf.cumsum(x, 0, true, true), [1, 2, 3, 4])).toEqual([9, 7, 4, 0]);
    expect(await run((x) => tf.prod(x), [2, 3, 5, 7, 11, 13, 17])).toEqual([510510]);
    expect(await run((x) => tf.gather(x, [4, 0, 0, 1]), x)).toEqual([Infinity, 1, 1, 2]);
  });

  test('a place that is not there is refused', async () => {
    await expect(run((x) => tf.gather(x, [0, 5]), [1, 2, 3, 4, 5])).rejects.toThrow(InputError);
    await expect(run((x) => tf.gather(x, [0, 5]), [1, 2, 3, 4, 5])).rejects.toThrow(
      'place 5 of an axis of 5',
    );
  });
});

test('many places that lie here and there are left to onnxruntime', async () => {
  const places = Array.from({ length: 200 }, (_, i) => (i * i * 7) % 211);
  const x = Float32Array.from({ length: 211 }, (_, i) => i);
  for (const [, engine] of compiledEngines().slice(-1)) {
    const program = await engine.compile(({ x }) => ({ y: tf.gather(x, places) }), { x: { shape: [211] } });
    expect(Array.from((await program.run({ x })).y)).toEqual(places);
  }
});
