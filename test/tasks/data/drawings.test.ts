import { encode } from 'fast-png';
import { zipSync } from 'fflate';
import { describe, expect, test } from 'vitest';
import { InputError } from '../../../src/errors.ts';
import { decodeDrawings } from '../../../tasks/data/drawings.ts';
import { archive, png, randomPng, SMALL_ARCHIVES } from './archives.ts';

/** Decodes one PNG as the only drawing of an archive. */
function decodeOne(image: Uint8Array) {
  return decodeDrawings([['a.zip', zipSync({ 'root/Greek/character01/0001_01.png': image })]]);
}

test('ink is 1 and paper 0, the first axis is down, the second right', () => {
  // the upper right corner: 30 old pixels are a bit more than 9 new ones, and the tenth is covered by 0.14
  const { bits } = decodeOne(png((x, y) => x >= 75 && y < 30));
  for (let y = 0; y < 32; y++) {
    for (let x = 0; x < 32; x++) expect(bits[y * 32 + x]).toBe(y < 9 && x >= 23 ? 1 : 0);
  }
});

test('a line as thin as a pen stroke does not break, at any angle', () => {
  for (let degrees = 0; degrees < 180; degrees += 5) {
    const [cos, sin] = [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
    const { bits } = decodeOne(png((x, y) => Math.abs((x - 52) * sin - (y - 52) * cos) <= 2.5));
    // every row, or every column for a flat line, has ink
    const steep = Math.abs(sin) > Math.abs(cos);
    for (let i = 0; i < 32; i++) {
      const line = Array.from({ length: 32 }, (_, j) => bits[steep ? i * 32 + j : j * 32 + i]);
      expect(line).toContain(1);
    }
  }
});

test('alphabets are in order, each with its drawings and archives; one in two archives is taken once', () => {
  const archives = Object.entries(SMALL_ARCHIVES);
  const [small1, small2] = ['images_background_small1.zip', 'images_background_small2.zip'];
  const both = decodeDrawings(archives);
  expect(both.alphabets).toEqual([
    { name: 'Balinese', drawings: 8, archives: [small1] },
    { name: 'Greek', drawings: 8, archives: [small1, small2] },
    { name: 'Korean', drawings: 8, archives: [small1] },
    { name: 'Sanskrit', drawings: 8, archives: [small2] },
    { name: 'Tagalog', drawings: 8, archives: [small2] },
  ]);
  expect(both.bits).toHaveLength(40 * 1024);
  expect(decodeDrawings(archives.toReversed())).toEqual(both);
});

test('a drawing that another archive numbers otherwise is taken once', () => {
  const image = randomPng('one');
  const first = zipSync({ 'a/Greek/character01/0001_01.png': image });
  const second = zipSync({
    'b/Greek/character07/0099_01.png': image,
    'b/Latin/character01/0120_01.png': image,
  });
  const { alphabets } = decodeDrawings([
    ['a.zip', first],
    ['b.zip', second],
  ]);
  expect(alphabets.map(({ name, drawings }) => [name, drawings])).toEqual([
    ['Greek', 1],
    ['Latin', 1],
  ]);
});

test('an alphabet whose name begins another alphabet keeps its own drawings', () => {
  const decode = (names: string[]) => decodeDrawings([['a.zip', archive('root', names)]]);
  const { alphabets, bits } = decode(['Old-Greek', 'Old', 'Old_(new)']);
  expect(alphabets.map(({ name }) => name)).toEqual(['Old', 'Old-Greek', 'Old_(new)']);
  alphabets.forEach(({ name }, i) => {
    expect(decode([name]).bits).toEqual(bits.slice(i * 8 * 1024, (i + 1) * 8 * 1024));
  });
});

describe('refuses in one line', () => {
  const whole = SMALL_ARCHIVES['images_background_small1.zip'];
  const grey = encode({ width: 105, height: 105, channels: 1, depth: 8, data: new Uint8Array(105 * 105) });
  const good = randomPng('good');
  const damaged = good.slice();
  damaged[60] ^= 0xff;
  test.each<[string, Uint8Array, RegExp]>([
    ['a truncated zip', whole.slice(0, 2000), /^a\.zip is not a whole zip archive/],
    ['an empty file', new Uint8Array(), /^a\.zip is not a whole zip archive/],
    ['a corrupt zip', whole.map((byte, i) => (i > 100 && i < 20000 ? byte ^ 0x5a : byte)), /^a\.zip/],
    [
      'an absolute path',
      zipSync({ '/root/Greek/c/1.png': good }),
      /"\/root\/Greek\/c\/1\.png" has an absolute or parent path/,
    ],
    ['a drive', zipSync({ 'C:/Greek/c/1.png': good }), /absolute or parent path/],
    [
      'a parent path',
      zipSync({ 'root/../../1.png': good }),
      /"root\/\.\.\/\.\.\/1\.png" has an absolute or parent path/,
    ],
    ['a parent path of another file', zipSync({ '..\\evil.txt': good }), /absolute or parent path/],
    [
      'a huge entry',
      zipSync({ 'root/Greek/c/1.png': new Uint8Array(2e6) }),
      /is too large \(2000000 bytes\)/,
    ],
    [
      'a misplaced drawing',
      zipSync({ 'root/1.png': good }),
      /^a\.zip: unexpected entry root\/1\.png; expected ROOT/,
    ],
    [
      'a PNG of the wrong size',
      zipSync({ 'root/Greek/c/1.png': png(() => false, 28, 28) }),
      /^a\.zip: root\/Greek\/c\/1\.png is 28 x 28 with 1 x 1 bits; expected 105 x 105/,
    ],
    ['a grey PNG', zipSync({ 'root/Greek/c/1.png': grey }), /is 105 x 105 with 1 x 8 bits/],
    [
      'a damaged PNG',
      zipSync({ 'root/Greek/c/1.png': damaged }),
      /^a\.zip: root\/Greek\/c\/1\.png is not a readable PNG/,
    ],
    ['text', zipSync({ 'root/Greek/c/1.png': new TextEncoder().encode('hello') }), /is not a readable PNG/],
  ])('%s', (_, bytes, message) => {
    const decode = () => decodeDrawings([['a.zip', bytes]]);
    expect(decode).toThrow(InputError);
    expect(decode).toThrow(message);
    expect(decode).toThrow(/^[^\n]+$/);
  });
});
