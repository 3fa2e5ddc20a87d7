/** @file The examples of the README and of docs/, run as they stand. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { checkNetwork } from '../../src/energy/index.ts';
import { ebmm } from './command.ts';
import { blocksOf, pages } from './documents/pages.ts';

const folder = new URL('../../runs/examples/', import.meta.url);
const lines: string[] = [];
beforeEach(() => {
  lines.length = 0;
  vi.spyOn(console, 'log').mockImplementation((line) => void lines.push(line));
});
afterEach(() => void vi.restoreAllMocks());

test('a pretrained memory recalls', async () => {
  const { wrong } = await import('../../runs/examples/pretrained.ts');
  expect(wrong).toBe(0);
  expect(lines).toEqual(['0 wrong bits of 480, in 8256 floats']);
});

test('an energy of one’s own is meta-trained, in 20 lines', async () => {
  const { errors, memory } = await import('../../runs/examples/own-energy.ts');
  const mean = (values: number[]) => values.reduce((a, b) => a + b) / values.length;
  expect(errors).toHaveLength(60);
  // Half of the 12 redrawn bits are wrong in the queries.
  expect(mean(errors.slice(-10))).toBeLessThan(3);
  expect(mean(errors.slice(-10))).toBeLessThan(0.7 * mean(errors.slice(0, 3)));
  expect(memory.floats).toBe(32 * 32);
  expect(lines).toHaveLength(3);
  const code = readFileSync(new URL('own-energy.ts', folder), 'utf8').split('\n');
  expect(code.filter((line) => line.trim() !== '' && !line.includes('//')).length).toBeLessThanOrEqual(20);
});

test('Hopfield networks take the same calls', async () => {
  const { wrong } = await import('../../runs/examples/hopfield.ts');
  expect(wrong['pseudo-inverse']).toBe(0);
  expect(wrong.modern).toBe(0);
  expect(wrong.hebb).toBeLessThan(12 * 16);
  expect(lines).toHaveLength(3);
});

test('an energy of one’s own, as a file, passes the check of networks, takes options and learns', async () => {
  const { default: network } = await import('../../runs/examples/my-energy.ts');
  expect(() =>
    checkNetwork(network({ patternShape: [128], options: { width: 8 } }), 'my-energy'),
  ).not.toThrow();
  const file = fileURLToPath(new URL('my-energy.ts', folder));
  const out = join(mkdtempSync(join(tmpdir(), 'ebmm-example-')), 'run');
  const small = ['task.dimension=32', 'corruption=resample:12', 'network.width=4', 'training.episodes=8', 'training.patterns=6', 'training.learning_rate=0.01', 'training.warmup=5', 'training.log_every=1']; // biome-ignore format: a list
  const sets = small.flatMap((change) => ['--set', change]);
  const argv = ['train', 'demo', '--network', file, '--steps', '60', '--out', out, ...sets];
  const { status, err } = await ebmm(argv);
  expect(status, err).toBe(0);
  const { network: kept } = JSON.parse(readFileSync(join(out, 'config.json'), 'utf8'));
  expect(kept).toEqual({ name: 'custom', file: 'modules/network/my-energy.ts', width: 4 });
  const metrics = readFileSync(join(out, 'metrics.jsonl'), 'utf8').trim().split('\n');
  const errors = metrics.map((line) => (JSON.parse(line) as { error: number }).error);
  const mean = (values: number[]) => values.reduce((a, b) => a + b) / values.length;
  // Half of the 12 redrawn bits are wrong in the queries.
  expect(mean(errors.slice(-10))).toBeLessThan(1);
  expect(mean(errors.slice(0, 3))).toBeGreaterThan(2);
  const wrong = await ebmm([...argv.slice(0, -2), '--set', 'network.widht=8', '--out', `${out}-2`]);
  rmSync(dirname(out), { recursive: true });
  expect(wrong).toMatchObject({
    status: 2,
    err: 'ebmm: network: unknown option "widht"; did you mean "width"?',
  });
});

test('the pages show them as they are', () => {
  const shown = pages.flatMap((page) => blocksOf(page).filter(({ language }) => language === 'ts'));
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.ts'))) {
    expect(
      shown.map(({ text }) => text),
      file,
    ).toContain(readFileSync(new URL(file, folder), 'utf8'));
  }
});

test('what the pages show of the library are examples that run, or parts of a program', () => {
  const files = readdirSync(folder).filter((name) => name.endsWith('.ts'));
  const known = files.map((name) => readFileSync(new URL(name, folder), 'utf8'));
  const shown = pages.flatMap((page) => blocksOf(page).filter(({ language }) => language === 'ts'));
  expect(shown.filter(({ text }) => text.includes("from 'ebmm'") && !known.includes(text))).toEqual([]);
});
