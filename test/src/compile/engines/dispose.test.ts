import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from 'vitest';
import { compiledEngine, type NamedTensors } from '../../../../src/compile/index.ts';
import { hasRuntime } from '../../../../src/compile/onnx/session-program.ts';
import { presentTargets } from '../engines.ts';
import { begun, longSpecs, longValues, longWork } from './long-work.ts';

const wait = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const script = fileURLToPath(new URL('./long-work.ts', import.meta.url));

describe.each(presentTargets)('an engine can be disposed of at any moment: %s', (target) => {
  test.each([
    [1, 0],
    [2, 0],
    [2, 4],
    [6, 9],
  ])('on %i threads, %i ms after runs have begun', async (threads, delay) => {
    const engine = compiledEngine({ target, threads });
    const { program, runs } = await begun(engine);
    const ended = Promise.all(runs);
    await wait(delay);
    await engine.dispose();
    // Those that had begun end as usual; nothing begins any more.
    const [first, ...others] = await ended;
    for (const other of others) expect(other).toEqual(first);
    await expect(program.run(longValues)).rejects.toThrow('disposed');
    await expect(engine.compile(longWork(), longSpecs)).rejects.toThrow('disposed');
  });

  test('while it compiles', async () => {
    const engine = compiledEngine({ target, threads: 2 });
    const compiling = engine.compile(longWork(), longSpecs);
    const disposed = engine.dispose();
    await expect(compiling).rejects.toThrow('disposed');
    await disposed;
  });

  test('and twice', async () => {
    const engine = compiledEngine({ target, threads: 1 });
    await Promise.all([engine.dispose(), engine.dispose()]);
  });
});

test.skipIf(!hasRuntime()).each([3, 12])(
  'the process can exit %i ms into work of onnxruntime on two threads',
  (delay) => {
    const { status, stderr } = spawnSync(process.execPath, ['--import', 'tsx', script, 'onnxruntime', '2', String(delay)], { encoding: 'utf8' }); // biome-ignore format: one call
    expect(stderr).not.toContain('terminate called');
    expect(status).toBe(7);
  },
);

describe('programs are kept so far and no further', () => {
  const f = ({ x }: NamedTensors) => ({ y: tf.tanh(tf.mul(x, 2)) });
  const of = (length: number) => ({ x: { shape: [length] } });

  test.each(presentTargets)('one that was freed is made anew when it runs: %s', async (target) => {
    const engine = compiledEngine({ target, threads: 1, cache: { programs: 2, bytes: 2 ** 20 } });
    const programs = [];
    for (let length = 1; length <= 6; length++) programs.push(await engine.compile(f, of(length)));
    // The same again for the same shapes.
    expect(await engine.compile(f, of(1))).toBe(programs[0]);
    for (const [i, program] of programs.entries()) {
      const { y } = await program.run({ x: new Float32Array(i + 1).fill(0.5) });
      expect(Array.from(y)).toHaveLength(i + 1);
      expect(y[0]).toBeCloseTo(Math.tanh(1), 6);
    }
    // Many at once, more than are kept.
    const all = await Promise.all(programs.map((program, i) => program.run({ x: new Float32Array(i + 1) })));
    expect(all.map(({ y }) => y.length)).toEqual([1, 2, 3, 4, 5, 6]);
    await engine.dispose();
  });

  test('memory is bounded over many shapes', async () => {
    const engine = compiledEngine({ threads: 1, cache: { programs: 1000, bytes: 8e6 } });
    const rss = () => process.memoryUsage().rss;
    for (let k = 0; k < 4; k++) await (await engine.compile(f, of(400_000 + k))).run({ x: new Float32Array(400_000 + k) }); // biome-ignore format: one thought
    const before = rss();
    for (let k = 4; k < 60; k++) await (await engine.compile(f, of(400_000 + k))).run({ x: new Float32Array(400_000 + k) }); // biome-ignore format: one thought
    // Kept for ever they would be 56 times 3.2 MB, and as much for inputs and outputs of each, which the collector takes.
    expect(rss() - before).toBeLessThan(150e6);
    await engine.dispose();
  });
});
