/** @file The examples of the README, run as they stand. */
import { readdirSync, readFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

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

test('the README shows them as they are', () => {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.ts'))) {
    expect(readme, file).toContain(`\`\`\`ts\n${readFileSync(new URL(file, folder), 'utf8')}\`\`\``);
  }
});
