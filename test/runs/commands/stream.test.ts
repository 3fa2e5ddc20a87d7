/** @file Streams: patterns added one batch after another. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import { rivals } from '../../../src/hopfield/index.ts';
import { stream } from '../../../src/random.ts';
import { ebmm, expectRefused, folderOfFile, tiny } from '../command.ts';

const folder = folderOfFile();
const config = {
  ...tiny,
  task: { name: 'binary', dimension: 16, stream: { batch: 2, before: 3, length: 12 } },
  write: { steps: 2, forget: 0.1 },
};
const train = async (name: string, value: object, ...more: string[]) => {
  const file = join(folder, `${name}.json`);
  writeFileSync(file, JSON.stringify(value));
  const out = join(folder, name);
  return { ...(await ebmm(['train', file, '--out', out, ...more])), run: out };
};

test('a memory is trained on streams and measured on them, and again with the same result', {
  timeout: 120_000,
}, async () => {
  const { run, status } = await train('run', config);
  expect(status).toBe(0);
  const command = ['stream', run, '--episodes', '2', '--against', 'modern,modern-packed', '--json'];
  const first = await ebmm(command);
  const evaluation = JSON.parse(first.out);
  expect(evaluation).toMatchObject({ task: 'binary', length: 12, batch: 2, episodes: 2, known: true });
  expect(evaluation.rows.map(({ memory }: { memory: string }) => memory)).toEqual([
    'ebmm',
    'modern',
    'modern-packed',
  ]);
  for (const { ages, loads } of evaluation.rows) {
    expect(ages.map(({ from }: { from: number }) => from)).toEqual([0, 2, 4, 6, 8, 10]);
    expect(loads.map(({ patterns }: { patterns: number }) => patterns)).toEqual([3, 6, 12]);
    // All of a stream is within the last 32.
    const mean = ages.reduce((sum: number, { error }: { error: number }) => sum + error / 6, 0);
    expect(loads.at(-1).error).toBeCloseTo(mean, 9);
  }
  expect(JSON.parse(readFileSync(join(run, 'stream.json'), 'utf8'))).toEqual(evaluation);
  expect(existsSync(join(run, 'plots', 'stream.png'))).toBe(true);
  const again = await ebmm(command);
  expect(again.out).toBe(first.out);
});

test.each(['hebb', 'delta', 'gated-delta', 'momentum'])(
  '%s, a rule of one matrix, learns from streams',
  async (rule) => {
    const { run, status, err } = await train(rule, { ...config, network: { name: 'fast-weights', rule } });
    expect(err).not.toContain('skipped');
    expect(status).toBe(0);
    const { rows } = JSON.parse(
      (await ebmm(['stream', run, '--episodes', '1', '--against', 'none', '--json'])).out,
    );
    expect(rows[0].floats).toBe((rule === 'momentum' ? 2 : 1) * 120);
  },
);

test('a Kanerva machine that keeps its covariance learns from streams', async () => {
  const network = { name: 'dynamic-kanerva', slots: 4, code: 8, hidden: 4 };
  const { run, status } = await train('kanerva', { ...config, network: { ...network, posterior: true } });
  expect(status).toBe(0);
  const { rows } = JSON.parse(
    (await ebmm(['stream', run, '--episodes', '2', '--against', 'none', '--json'])).out,
  );
  expect(rows[0].floats).toBe(4 * 8 + 10);
  expectRefused(await train('kanerva-mean', { ...config, network }), 'stores all patterns at once');
});

test('what stores all at once, and loads beyond the stream, are refused in one line', async () => {
  const lstm = await train('lstm', { ...config, network: { name: 'lstm', units: 4, hidden: 4 } });
  expectRefused(lstm, 'an LSTM');
  expect(lstm.err).toContain('stores all patterns at once');
  const { run } = await train('other', config);
  expectRefused(await ebmm(['stream', run, '--loads', '99']), 'loads');
  expectRefused(await ebmm(['stream', run, '--against', 'hebb']), 'hebb');
  expectRefused(await train('queries', { ...config, training: { ...tiny.training, queries: 1 } }), 'queries');
});

test('sliding slots hold the last patterns that fit, and recall those', async () => {
  const random = stream(2, 'slots');
  const bits = (count: number) =>
    tf.tensor(
      Array.from({ length: count * 20 }, () => 2 * random.bit() - 1),
      [count, 20],
    );
  for (const [name, floats] of [
    ['modern', 60],
    ['modern-packed', 3],
  ] as const) {
    const memory = rivals[name]({ seed: 1, floats });
    const [a, b] = [bits(2), bits(2)];
    const first = await memory.store(a);
    const both = await memory.add!(first, b);
    expect(both.contents().tensors.patterns.shape).toEqual([3, 20]);
    const expected = tf.concat([tf.slice(a, [1], [1]), b]);
    const recalled = await both.recall(expected);
    expect(Array.from(tf.sign(recalled.patterns).dataSync())).toEqual(Array.from(expected.dataSync()));
    // What was stored before stays as it was.
    expect(first.contents().tensors.patterns.shape).toEqual([2, 20]);
  }
});
