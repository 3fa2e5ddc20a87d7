import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { decodedDrawings } from '../../../tasks/data/decoded.ts';
import { type Drawings, decodeDrawings } from '../../../tasks/data/drawings.ts';
import { SMALL_ARCHIVES, temporaryFolder } from './archives.ts';

const drawings = decodeDrawings(Object.entries(SMALL_ARCHIVES));
const decoder = () => vi.fn((): Drawings => drawings);

test('the second start reads what the first one decoded', async () => {
  const source = { cache: temporaryFolder() };
  const [first, second] = [decoder(), decoder()];
  expect(await decodedDrawings(['a', 'b'], source, first)).toEqual(drawings);
  expect(await decodedDrawings(['b', 'a'], source, second)).toEqual(drawings);
  expect(first).toHaveBeenCalledOnce();
  expect(second).not.toHaveBeenCalled();
  expect(readdirSync(join(source.cache, 'omniglot'))).toEqual([expect.stringMatching(/^decoded-\w+\.bin$/)]);
});

test('other checksums are another set', async () => {
  const source = { cache: temporaryFolder() };
  const [first, second] = [decoder(), decoder()];
  await decodedDrawings(['a'], source, first);
  await decodedDrawings(['a', 'b'], source, second);
  expect(second).toHaveBeenCalledOnce();
});

test.each<[string, (file: Buffer) => Buffer]>([
  ['truncated', (file) => file.subarray(0, file.length - 1)],
  ['altered', (file) => Buffer.from(file.map((byte, i) => (i === file.length - 9 ? byte ^ 1 : byte)))],
  ['emptied', () => Buffer.alloc(0)],
  ['replaced', () => Buffer.from('{}\n')],
  [
    'given another header',
    (file) => Buffer.from(file.toString('latin1').replace('"drawings":8', '"drawings":9'), 'latin1'),
  ],
  ['replaced by null', () => Buffer.from('null\n')],
])('a cache file that was %s is decoded anew and repaired', async (_, damage) => {
  const source = { cache: temporaryFolder() };
  await decodedDrawings(['a'], source, decoder());
  const [name] = readdirSync(join(source.cache, 'omniglot'));
  const path = join(source.cache, 'omniglot', name);
  const whole = readFileSync(path);
  writeFileSync(path, damage(whole));
  const again = decoder();
  expect(await decodedDrawings(['a'], source, again)).toEqual(drawings);
  expect(again).toHaveBeenCalledOnce();
  expect(readFileSync(path)).toEqual(whole);
});

test('a cache that cannot be written is reported and done without', async () => {
  const file = join(temporaryFolder(), 'file');
  writeFileSync(file, '');
  const lines: string[] = [];
  const source = { cache: file, report: (line: string) => lines.push(line) };
  expect(await decodedDrawings(['a'], source, decoder())).toEqual(drawings);
  expect(lines).toEqual([expect.stringMatching(/^could not keep the decoded drawings in .*file/)]);
});
