import { zipSync } from 'fflate';
import { describe, expect, test } from 'vitest';
import { InputError } from '../../../src/errors.ts';
import { stream } from '../../../src/random.ts';
import { readZip } from '../../../tasks/data/zip.ts';

const noise = (n: number) => {
  const random = stream('zip', n);
  return Uint8Array.from({ length: n }, () => random.integer(256));
};
const files = {
  'b/two.png': noise(500),
  'a/one.png': new Uint8Array(2000),
  'a/none.png': new Uint8Array(),
  'read.me': noise(9),
};
const zip = (contents: Record<string, Uint8Array> = files, level: 0 | 6 = 6) =>
  Buffer.from(zipSync(contents, { level }));
const CENTRAL = Buffer.from([0x50, 0x4b, 1, 2]);

test.each([0, 6] as const)('entries of a suffix, sorted by path, at level %d', (level) => {
  const read = readZip('x', zip(files, level), '.png');
  expect(read.map(([name]) => name)).toEqual(['a/none.png', 'a/one.png', 'b/two.png']);
  for (const [name, bytes] of read) {
    expect(Buffer.from(bytes).equals(files[name as keyof typeof files])).toBe(true);
  }
});

test('a comment at the end does no harm', () => {
  const bytes = Buffer.concat([zip(), Buffer.from('hello')]);
  bytes.writeUInt16LE(5, bytes.length - 5 - 2);
  expect(readZip('x', bytes, '.png')).toHaveLength(3);
});

test.each([
  '/etc/x.png',
  '../x.png',
  'a/../../x.png',
  'C:/x.png',
  '\\\\host\\x.png',
  'a\\..\\x.png',
  '../x.txt',
])('a path %s is refused', (name) => {
  const bytes = zip({ [name]: noise(3) });
  expect(() => readZip('x', bytes, '.png')).toThrow(/^x: entry .* has an absolute or parent path$/);
});

describe('sizes', () => {
  test('an entry of more than a megabyte', () => {
    const bytes = zip({ 'a.png': new Uint8Array(1_000_001) });
    expect(() => readZip('x', bytes, '.png')).toThrow('x: entry "a.png" is too large (1000001 bytes)');
  });

  test('many entries of less', () => {
    const entry = new Uint8Array(1000);
    const bytes = zip(Object.fromEntries(Array.from({ length: 11 }, (_, i) => [`${i}.png`, entry])));
    expect(readZip('x', bytes, '.png', 11_000)).toHaveLength(11);
    expect(() => readZip('x', bytes, '.png', 10_999)).toThrow('x: its entries are too large together');
  });

  test.each([
    ['more than it says', 100],
    ['less than it says', 2500],
  ])('an entry that is %s', (_, said) => {
    const bytes = zip({ 'a.png': new Uint8Array(2000) });
    bytes.writeUInt32LE(said, bytes.indexOf(CENTRAL) + 24);
    expect(() => readZip('x', bytes, '.png')).toThrow(
      `x is not a whole zip archive (entry "a.png" is not the ${said} bytes that it should be)`,
    );
  });
});

test('300 damaged archives: each is refused in one line, or its entries are what they were', () => {
  const whole = zip();
  for (let i = 0; i < 300; i++) {
    const random = stream('damage', i);
    let bytes = Buffer.from(whole);
    if (i % 3 === 0) bytes = bytes.subarray(0, random.integer(bytes.length));
    else bytes[random.integer(bytes.length)] ^= 1 << random.integer(8);
    try {
      for (const [name, content] of readZip('x', bytes, '.png')) {
        const known = Object.values(files).some((file) => Buffer.from(content).equals(file));
        expect(known, `${i}: ${name}`).toBe(true);
      }
    } catch (error) {
      expect(error, String(i)).toBeInstanceOf(InputError);
      expect((error as Error).message).toMatch(/^x[^\n]+$/);
    }
  }
});
