/** @file Storing into a file and recalling from it, in b bits a number. */
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { decodeStored, encodeStored } from '../../../meta/stored-file.ts';
import { stream } from '../../../src/random.ts';
import { ebmm, expectRefused, folderOfFile } from '../command.ts';

const folder = folderOfFile();
const random = stream(7, 'store');
const rows = Array.from({ length: 16 }, () => Array.from({ length: 128 }, () => random.bit()));
const lines = (all: number[][]) => all.map((row) => row.join('')).join('\n');
const spoiled = rows.map((row) => row.map((bit, i) => (i < 20 ? 1 - bit : bit)));
const known = rows.map((row) => row.map((_, i) => Number(i >= 20)));
const file = (name: string, text: string | Uint8Array) => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};
const patterns = file('patterns.txt', lines(rows));
const queries = file('queries.txt', lines(spoiled));
const mask = file('known.txt', lines(known));
const recall = (...more: string[]) =>
  ebmm(['recall', 'binary-64', '--queries', queries, '--known', mask, ...more]);

test('a stored memory is as large as its bits say, and recalls what was stored', async () => {
  const direct = await recall('--patterns', patterns, '--json');
  for (const [bits, numbers] of [
    [32, 8256 * 32],
    [8, 8256 * 8 + 64],
    [3, 8256 * 3 + 64],
  ]) {
    const out = join(folder, `stored-${bits}.safetensors`);
    const stored = await ebmm(['store', 'binary-64', '--patterns', patterns, '--out', out, '--bits', `${bits}`, '--json']); // biome-ignore format: a command
    expect(stored.err).toBe('');
    const report = JSON.parse(stored.out);
    expect(report).toMatchObject({ patterns: 16, floats: 8256, memory_bits: numbers });
    // The header takes about 700 bytes.
    expect(statSync(out).size).toBeLessThan(numbers / 8 + 1000);
    const recalled = await recall('--stored', out);
    expect(recalled.out).toBe(lines(rows));
    const inPlace = await recall('--patterns', patterns, '--bits', `${bits}`, '--json');
    const again = JSON.parse((await recall('--stored', out, '--json')).out);
    expect(again.energies[0][3]).toBeCloseTo(JSON.parse(inPlace.out).energies[0][3], 3);
    if (bits === 32) expect(again.energies[0][3]).toBeCloseTo(JSON.parse(direct.out).energies[0][3], 3);
  }
});

test('what is no stored memory of this run is refused in one line', async () => {
  const out = join(folder, 'stored.safetensors');
  await ebmm(['store', 'binary-64', '--patterns', patterns, '--out', out, '--bits', '4']);
  const bytes = readFileSync(out);
  const damaged = Uint8Array.from(bytes);
  damaged[damaged.length - 9] ^= 4;
  const cases = {
    'another run': await ebmm(['recall', 'binary-96', '--queries', queries, '--stored', out]),
    'no such file': await recall('--stored', join(folder, 'nowhere')),
    damaged: await recall('--stored', file('damaged', damaged)),
    'cut off': await recall('--stored', file('short', bytes.subarray(0, 2000))),
    'not safetensors': await recall('--stored', patterns),
    both: await recall('--stored', out, '--patterns', patterns),
    neither: await recall(),
    '0 bits': await ebmm(['store', 'binary-64', '--patterns', patterns, '--out', out, '--bits', '0']),
    '20 bits': await ebmm(['store', 'binary-64', '--patterns', patterns, '--out', out, '--bits', '20']),
    'evaluate in 17 bits': await ebmm(['evaluate', 'binary-64', '--bits', '4,17', '--episodes', '1']),
  };
  for (const [what, outcome] of Object.entries(cases)) {
    if (what.endsWith('bits') && !what.startsWith('0')) expectRefused(outcome, what);
    else expect(outcome.status, what).toBe(2);
    expect(outcome.err.split('\n').length, what).toBeLessThan(3);
  }
});

test('a file gives back exactly the numbers that were rounded', () => {
  const random = stream(8, 'file');
  const values = Float32Array.from({ length: 2 * 5 * 5 }, () => random.normal());
  const contents = {
    patternShape: [5],
    tensors: { W: { shape: [2, 5, 5], values, packing: 'symmetric' as const } },
  };
  const entry = { memory: 'm', fingerprint: '', range: [-1, 1] as const, contents };
  const first = decodeStored(encodeStored(entry, 5), 'file');
  const second = decodeStored(encodeStored(first, 5), 'file');
  expect(first.contents.tensors.W.bits).toBe(5);
  for (const [i, v] of second.contents.tensors.W.values.entries())
    expect(v).toBeCloseTo(first.contents.tensors.W.values[i], 5);
  const whole = decodeStored(encodeStored(entry), 'file').contents.tensors.W;
  expect(whole.values[1]).toBeCloseTo((values[1] + values[5]) / 2, 6);
  expect(whole.values[1]).toBe(whole.values[5]);
});
