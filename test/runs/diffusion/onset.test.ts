import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { generates, memorises } from '../../../runs/diffusion/onset.ts';
import { ebmm, expectRefused, folderOfFile } from '../command.ts';

const folder = folderOfFile();

test('where memorisation begins lies between two looks, on a logarithmic scale', () => {
  const look = (step: number, memorised: number) => ({ step, memorised, from_fresh: 1 });
  expect(memorises([look(100, 0), look(400, 0.6)])).toBeCloseTo(200, 9);
  expect(memorises([look(100, 0.1), look(400, 0.3)])).toBeUndefined();
  expect(memorises([look(100, 0.9)])).toBe(100);
});

test('from when samples are good is not told where they always were as near', () => {
  const look = (step: number, from_fresh: number) => ({ step, memorised: 0, from_fresh });
  expect(generates([look(50, 9), look(100, 4), look(200, 2)])).toBe(100);
  expect(generates([look(50, 3), look(100, 5), look(200, 2)])).toBeUndefined();
});

test('more patterns on the circle are memorised later', { timeout: 60_000 }, async () => {
  const out = join(folder, 'onset');
  const options = ['--patterns', '4,16', '--steps', '800', '--samples', '40', '--out', out, '--json'];
  const { status, out: text } = await ebmm(['diffusion', 'onset', ...options]);
  expect(status).toBe(0);
  const { rows } = JSON.parse(text);
  expect(rows[0].memorises).toBeLessThan(rows[1].memorises);
  // It ends where enough is memorised.
  expect(rows[0].looks.at(-1).step).toBeLessThan(800);
  expect(JSON.parse(readFileSync(join(out, 'onset-circle.json'), 'utf8')).rows).toEqual(rows);
  for (const name of ['onset-circle.png', 'onset-circle-updates.png'])
    expect(existsSync(join(out, name))).toBe(true);
});

test('too few steps and unknown tasks are refused', async () => {
  expectRefused(await ebmm(['diffusion', 'onset', '--steps', '3']), 'steps');
  expectRefused(await ebmm(['diffusion', 'onset', '--task', 'square']), 'task');
});
