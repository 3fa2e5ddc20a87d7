/** @file `ebmm train --profile`: parts of the time of updates, the same training, and one line where there are no clocks. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { type UpdateTimes, updateTimesText } from '../../runs/update-profile.ts';
import { hasAvx2, isSupported } from '../../src/compile/native/machine.ts';
import { ebmm, expectRefused, folderOfFile, tiny } from './command.ts';

const folder = folderOfFile();
const inside = (name: string) => join(folder, name);
const config = inside('tiny.json');
beforeAll(() => writeFileSync(config, JSON.stringify(tiny)));

const losses = (run: string) =>
  readFileSync(join(run, 'metrics.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line).loss);

const targets = [...(isSupported() ? ['avx512'] : []), ...(hasAvx2() ? ['avx2'] : []), 'wasm'];

describe.each(targets)('%s', (engine) => {
  test('kinds of steps fill the time, and training is the same', async () => {
    const [plain, profiled] = [inside(`${engine}-plain`), inside(`${engine}-profiled`)];
    const given = ['train', config, '--engine', engine, '--threads', '1', '--json'];
    const without = await ebmm([...given, '--out', plain]);
    expect(JSON.parse(without.out).profile).toBeUndefined();
    expect(without.err).not.toContain('kind of step');
    const { status, out, err } = await ebmm([...given, '--out', profiled, '--profile']);
    expect({ status, err }).toEqual({ status: 0, err: expect.stringContaining('kind of step') });
    const times: UpdateTimes = JSON.parse(out).profile;
    expect(times).toMatchObject({ engine, threads: 1, updates: 4 });
    for (const part of [times.products, times.entrywise, times.waiting]) expect(part).toBeGreaterThan(0);
    expect(times.products + times.entrywise + times.memory + times.waiting).toBeCloseTo(100);
    expect(losses(profiled)).toEqual(losses(plain));
  });

  test('of a run that is resumed, the updates of this session', async () => {
    const run = inside(`${engine}-resumed`);
    await ebmm(['train', config, '--engine', engine, '--out', run, '--steps', '1']);
    const resumed = ['train', '--resume', run, '--engine', engine, '--profile', '--json'];
    expect(JSON.parse((await ebmm([...resumed, '--steps', '3'])).out).profile.updates).toBe(2);
    // There is nothing left to be done.
    expect(JSON.parse((await ebmm(resumed)).out)).not.toHaveProperty('profile');
  });

  test('a network that is run by another engine is refused before anything is written', async () => {
    const file = inside('own.ts');
    writeFileSync(
      file,
      `import * as tf from ${JSON.stringify(import.meta.resolve('@tensorflow/tfjs'))};
       export default ({ patternShape }) => ({
         patternShape,
         parameters: { w: { shape: [patternShape[0], 1], init: { normal: 0.1 }, writable: true } },
         energy: (p, x) => tf.mul(tf.cast(tf.argMax(x, 2), 'float32'), tf.sum(tf.tanh(tf.matMul(x, p.w)), 2)),
       });`,
    );
    const run = inside(`${engine}-own`);
    const { status, out, err } = await ebmm(['train', config, '--network', file, '--engine', engine, '--profile', '--out', run]); // biome-ignore format: one command
    expect({ status, out }).toEqual({ status: 2, out: '' });
    expect(err.split('\n').at(-1)).toMatch(/^ebmm: --profile: not all of an update/);
    expect(existsSync(run)).toBe(false);
  });
});

test.each([
  [
    'onnxruntime',
    ['--engine', 'onnxruntime'],
    /--profile: onnxruntime has no clocks .* expected --engine avx512 or avx2, .* or wasm/,
  ],
  ['tfjs', ['--engine', 'tfjs'], /--profile: tfjs.* has no clocks/],
  ['a GPU', ['--device', 'webgpu'], /--profile: compiled on webgpu has no clocks/],
  ['workers elsewhere', ['--workers', 'redis://nowhere', '--parts', '2'], /--profile .*no --workers/],
])('%s: one line, and nothing is written', async (what, given, line) => {
  const run = inside('refused');
  const outcome = await ebmm(['train', config, ...given, '--profile', '--out', run]);
  expectRefused(outcome, what);
  expect(outcome.err).toMatch(line);
  expect(existsSync(run)).toBe(false);
});

test('the table: kinds of steps beside what they are', () => {
  const kinds = { product: 30, convolution: 20, loop: 15, copy: 5 };
  const shares = { products: 50, entrywise: 15, memory: 5, waiting: 30, kinds };
  expect(updateTimesText({ engine: 'avx2', threads: 2, updates: 8, ms: 10, ...shares })).toEqual([
    'where the time of 2 threads went (avx2, 8 updates, 10.00 ms each):',
    'kind of step         of the time    ms',
    'products                   50.0%  5.00  product 30.0%, convolution 20.0%',
    'entrywise                  15.0%  1.50  loop 15.0%',
    'memory                      5.0%  0.50  copy 5.0%',
    'waiting, JavaScript        30.0%  3.00',
  ]);
});
