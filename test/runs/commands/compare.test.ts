/** @file All memories at equal bits. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { best } from '../../../runs/commands/compare.ts';
import type { EvaluationRow } from '../../../runs/records.ts';
import { binaryTask } from '../../../tasks/binary.ts';
import { imageCoder, references } from '../../../tasks/lossless.ts';
import { ebmm, expectRefused, folderOfFile } from '../command.ts';

const folder = folderOfFile();

test('memories are compared within budgets of bits, told the mask and not', async () => {
  const out = join(folder, 'compare');
  const { status, out: text } = await ebmm(['compare', 'binary', '--patterns', '16', '--episodes', '1', '--bits', '2,8', '--memories', 'hebb,modern,modern-packed,binary-64', '--budgets', '1100,2100,70000', '--out', out, '--json']); // biome-ignore format: a command
  expect(status).toBe(0);
  const { evaluations, budgets } = JSON.parse(text);
  expect(budgets).toEqual([1100, 2100, 70000]);
  expect(evaluations.map(({ known }: { known: boolean }) => known)).toEqual([true, false]);
  for (const { rows, references } of evaluations) {
    expect(references).toEqual([{ patterns: 16, name: 'raw', bits: 2048 }]);
    const of = (memory: string) => rows.filter((row: EvaluationRow) => row.memory === memory);
    for (const row of of('modern')) expect(row.memory_bits).toBeLessThanOrEqual(70000);
    // Half of the patterns fit the first budget, all fit the second, one bit a number.
    expect(of('modern')[0].memory_bits).toBeLessThanOrEqual(1100);
    expect(of('modern')[0].error).toBeGreaterThan(1);
    expect(of('modern')[1].error).toBe(0);
    expect(of('hebb').map(({ bits }: EvaluationRow) => bits)).toEqual([2, 8]);
    expect(of('binary-64')[1].memory_bits).toBe(8256 * 8 + 64);
  }
  expect(JSON.parse(readFileSync(join(out, 'binary-16.json'), 'utf8')).evaluations).toHaveLength(2);
  for (const said of ['known', 'not-told']) expect(existsSync(join(out, `binary-16-${said}.png`))).toBe(true);
  expectRefused(await ebmm(['compare', 'nothing']), 'no such task');
  expectRefused(await ebmm(['compare', '{"name":"binary",']), 'the task is no JSON');
  expectRefused(await ebmm(['compare', '{"name":"binary","dimensions":64}']), 'dimensions');
  expectRefused(await ebmm(['compare', 'binary', '--memories', 'nobody']), 'no such memory');
});

test('of every memory the points that no other of it beats are kept', () => {
  const row = (memory: string, memory_bits: number, error: number) =>
    ({ memory, memory_bits, error, patterns: 1 }) as EvaluationRow;
  const rows = [row('a', 10, 5), row('a', 20, 5), row('a', 30, 1), row('a', 40, 2), row('b', 50, 9)];
  expect(best(rows)).toEqual([rows[0], rows[2], rows[4]]);
});

const image = (bitsPerValue: number, draw: (i: number) => number) => ({
  task: {
    ...binaryTask(),
    patternShape: [16, 16, 1],
    bitsPerValue,
    patterns: () => image(bitsPerValue, draw).values,
  },
  values: Float32Array.from({ length: 256 }, (_, i) => draw(i)),
});

test('an arithmetic coder takes the entropy: one bit for a fair bit, nearly none for what it has learned', () => {
  let state = 12345;
  const fair = () => {
    state = (state * 1103515245 + 12345) % 2 ** 31;
    return (state >> 16) & 1;
  };
  const training = Array.from({ length: 200 }, () => Float32Array.from({ length: 256 }, fair));
  const { task } = image(1, fair);
  const bits = imageCoder(task, training)(Float32Array.from({ length: 256 }, fair));
  // A thousand contexts learned from 50,000 bits cost a little.
  expect(bits).toBeGreaterThan(250);
  expect(bits).toBeLessThan(275);
  const stripes = image(1, (i) => Number(Math.floor(i / 16) % 2));
  const learned = Array.from({ length: 50 }, () => stripes.values);
  expect(imageCoder(stripes.task, learned)(stripes.values)).toBeLessThan(10);
  const grey = image(8, (i) => ((i % 16) * 8) / 255);
  expect(imageCoder(grey.task, Array(50).fill(grey.values))(grey.values)).toBeLessThan(200);
});

test('references of bits are raw alone; of images PNG and the coder too', () => {
  expect(references(binaryTask(), new Float32Array(256), 1)).toEqual([{ name: 'raw', bits: 128 }]);
  const { task, values } = image(8, (i) => (i % 16) / 255);
  const all = references(task, values, 1);
  expect(all.map(({ name }) => name)).toEqual(['raw', 'PNG', 'arithmetic coder']);
  expect(all[0].bits).toBe(2048);
  expect(all[2].bits).toBeLessThan(all[1].bits);
});
