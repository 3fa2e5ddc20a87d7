import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { InputError } from '../../../src/errors.ts';
import { type Random, stream } from '../../../src/random.ts';
import { loadTask } from '../../../tasks/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'ebmm-fuzz-'));
afterAll(() => rmSync(folder, { recursive: true }));

type Known = Record<string, { file: string; array?: string }>;
const read = (name: string) => JSON.parse(readFileSync(new URL(name, import.meta.url), 'utf8'));
const arrays: Known = read('arrays.json');
const pictures: Known = read('../../src/pictures/pictures.json').cases;
const texts = ['label,a,b\n1,2,3\n4,5,6\n', '0101\n1100\n', '# x\n1 2\n3 4\n', '{"x": [[0, 1], [1, 0]], "y": [[2, 3]]}', '["01", "10"]']; // biome-ignore format: a list

const FILES: { name: string; bytes: Buffer; array?: string }[] = [
  ...Object.entries(arrays).map(([name, { file, array }]) => ({
    name: name.replace(/[^\w.]/g, '_'),
    bytes: Buffer.from(file, 'base64'),
    array,
  })),
  ...Object.entries(pictures).map(([name, { file }]) => ({
    name: name.startsWith('png') ? 'a.png' : 'a.jpg',
    bytes: Buffer.from(file, 'base64'),
  })),
  ...texts.flatMap((text) => ['a.csv', 'a.json', 'a'].map((name) => ({ name, bytes: Buffer.from(text) }))),
];

/** Cut off, changed, with bytes put in or taken out, or with a length that is absurd. */
function damaged(bytes: Buffer, random: Random): Buffer {
  const at = random.integer(bytes.length);
  const some = Buffer.from(Array.from({ length: 1 + random.integer(9) }, () => random.integer(256)));
  const kind = random.integer(5);
  if (kind === 0) return bytes.subarray(0, at);
  if (kind === 1) return Buffer.concat([bytes.subarray(0, at), some, bytes.subarray(at)]);
  if (kind === 2) return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + some.length)]);
  const result = Buffer.from(bytes);
  if (kind === 3) result[at] = some[0];
  else if (at + 4 <= result.length) result.writeUInt32LE([0, 1, 2 ** 31, 2 ** 32 - 1][random.integer(4)], at);
  return result;
}

test('a damaged file is read or refused in one line, never anything else', async () => {
  const random = stream(0, 'damaged files');
  let refused = 0;
  for (let n = 0; n < 200; n++) {
    const { name, bytes, array } = FILES[random.integer(FILES.length)];
    const file = join(folder, name);
    writeFileSync(file, damaged(bytes, random));
    try {
      await loadTask({ name: 'files', test: [file], array }, { cache: '' });
    } catch (error) {
      if (!(error instanceof InputError)) throw new Error(`${name}, number ${n}`, { cause: error });
      expect(error.message, `${name}, number ${n}`).not.toContain('\n');
      refused++;
    }
  }
  expect(refused).toBeGreaterThan(100);
});
