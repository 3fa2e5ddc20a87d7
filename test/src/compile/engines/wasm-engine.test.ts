import * as tf from '@tensorflow/tfjs';
import { afterAll, describe, expect, test } from 'vitest';
import { wasmEngine } from '../../../../src/compile/engines/wasm-engine.ts';
import type { NamedTensors } from '../../../../src/compile/index.ts';
import { workerPort } from '../../../../src/compile/program/workers.ts';
import type { WasmMessage } from '../../../../src/compile/wasm/thread-messages.ts';
import { InputError } from '../../../../src/errors.ts';

const script = new URL('../../../../src/compile/wasm/thread.js', import.meta.url);

/** Sums of squares of rows, and their mean over all: enough numbers that threads take parts. */
function rows(inputs: NamedTensors) {
  const sums = tf.sum(tf.square(tf.matMul(inputs.x as tf.Tensor3D, inputs.x as tf.Tensor3D, false, true)), 2);
  return { sums, mean: tf.mean(sums) };
}
const splitRows = Object.assign(rows, {
  split: {
    batch: ['x'],
    shared: [],
    part: rows,
    stacked: ['sums'],
    whole: (inputs: NamedTensors) => ({ mean: inputs['mean:mean'] }),
  },
});
const specs = { x: { shape: [4, 300, 300] } };
const values = { x: Float32Array.from({ length: 4 * 300 * 300 }, (_, i) => ((i * 37) % 101) / 101 - 0.5) };

describe('the engine of WebAssembly', () => {
  const engines = [1, 2, 3].map((threads) => wasmEngine({ threads, open: () => workerPort(script) }));
  afterAll(async () => {
    await Promise.all(engines.map((engine) => engine.dispose()));
  });

  test('gives the same numbers bit for bit on any number of threads, run after run', async () => {
    const programs = await Promise.all(engines.map((engine) => engine.compile(splitRows, specs)));
    const first = await programs[0].run(values);
    expect(first.sums).toHaveLength(4 * 300);
    const expected = tf.tidy(() => rows({ x: tf.tensor(values.x, [4, 300, 300]) }).sums.dataSync());
    for (const [i, value] of first.sums.entries())
      expect(Math.abs(value - expected[i])).toBeLessThan(1e-4 * (1 + Math.abs(expected[i])));
    for (const program of programs)
      for (let time = 0; time < 2; time++) expect(await program.run(values)).toEqual(first);
  });

  test('tells each thread once a call, however many parts there are', async () => {
    const posted: WasmMessage[][] = [];
    const engine = wasmEngine({
      threads: 2,
      open() {
        const port = workerPort<WasmMessage>(script);
        const messages: WasmMessage[] = [];
        posted.push(messages);
        const post = (message: WasmMessage) => {
          messages.push(message);
          port.post(message);
        };
        return { ...port, post };
      },
    });
    const program = await engine.compile(splitRows, specs);
    expect(program.parted?.parts).toBe(4);
    for (const messages of posted) messages.length = 0;
    await program.run(values);
    await program.run(values);
    expect(posted.map((messages) => messages.map((message) => 'do' in message && message.do))).toEqual([
      ['parts', 'parts'],
      ['parts', 'parts'],
    ]);
    await engine.dispose();
  });

  test('says what it has no kernel for', async () => {
    const compiled = engines[0].compile(({ x }) => ({ y: tf.argMax(x, 2) }), specs);
    await expect(compiled).rejects.toThrow(InputError);
    await expect(compiled).rejects.toThrow('WebAssembly has no kernel for ArgMax');
  });

  test('settles what runs when it is disposed of, and refuses what comes after', async () => {
    const engine = wasmEngine({ threads: 2, open: () => workerPort(script) });
    const program = await engine.compile(splitRows, specs);
    const running = Array.from({ length: 3 }, () => program.run(values));
    const settled = Promise.allSettled(running);
    await engine.dispose();
    expect((await settled).every(({ status }) => status === 'fulfilled' || status === 'rejected')).toBe(true);
    await expect(program.run(values)).rejects.toThrow();
  });

  test('makes programs anew that others have pushed out', async () => {
    const functions = Array.from({ length: 30 }, (_, i) => ({ x }: NamedTensors) => ({ y: tf.mul(x, i) }));
    const small = { x: { shape: [3] } };
    const programs = [];
    for (const f of functions) {
      const program = await engines[0].compile(f, small);
      await program.run({ x: Float32Array.of(1, 2, 3) });
      programs.push(program);
    }
    for (const [i, program] of programs.entries())
      expect((await program.run({ x: Float32Array.of(1, 2, 3) })).y).toEqual(
        Float32Array.of(i, 2 * i, 3 * i),
      );
  });
});
