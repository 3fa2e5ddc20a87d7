import { readFileSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { InputError } from '../../../src/errors.ts';
import { decodePicture, inChannels, pictureHeader, resized } from '../../../src/pictures/index.ts';
import { checkWhole } from '../../../src/pictures/whole.ts';

/** Made by make_pictures.py. */
const known: {
  cases: Record<
    string,
    { file: string; mode: string; width: number; height: number; rgb: string; grey?: string }
  >;
  resizes: Record<
    string,
    { width: number; height: number; values: string; to: [number, number]; expected: string }
  >;
} = JSON.parse(readFileSync(new URL('pictures.json', import.meta.url), 'utf8'));
const bytesOf = (text: string) => new Uint8Array(Buffer.from(text, 'base64'));

describe('pictures of every kind are read as Pillow reads them', () => {
  test.each(Object.entries(known.cases))('%s', (name, { file, mode, width, height, rgb, grey }) => {
    const bytes = bytesOf(file);
    const picture = decodePicture(name, bytes);
    expect([picture.width, picture.height]).toEqual([width, height]);
    if (!/after the pixels/.test(name))
      expect(pictureHeader(name, bytes)).toEqual({
        width,
        height,
        grey: picture.channels === 1,
        moves: /animated/.test(name),
      });
    expect(picture.frames > 1).toBe(/animated/.test(name));
    // Pillow cuts these off at 255, which makes nearly all of them white.
    if (mode === 'I;16') return;
    expect(inChannels(picture, 3).values).toEqual(bytesOf(rgb));
    if (grey) expect(inChannels(picture, 1).values).toEqual(bytesOf(grey));
  });

  test('of 16-bit grey the upper eight bits are kept, as of 16-bit colour', () => {
    const grey = known.cases['png type 0 depth 16 7x5'];
    const raw = decodePicture('grey', bytesOf(grey.file)).values;
    // Pillow has the lower values as they are, and 255 for the rest.
    const pillow = bytesOf(grey.rgb).filter((_, i) => i % 3 === 0);
    expect(raw.some((v) => v > 1)).toBe(true);
    raw.forEach((v, i) => {
      if (v > 0) expect(pillow[i]).toBe(255);
    });
  });
});

test.each(Object.entries(known.resizes))(
  'resized %s as Pillow resizes',
  (_, { width, height, values, to, expected }) => {
    const picture = {
      width,
      height,
      channels: 3 as const,
      values: bytesOf(values),
      orientation: 1,
      frames: 1,
    };
    expect(resized(picture, ...to).values).toEqual(bytesOf(expected));
  },
);

test.each(Object.entries(known.cases))('%s is whole, seen without decoding it', (name, { file }) => {
  expect(() => checkWhole(name, bytesOf(file))).not.toThrow();
});

describe.each([
  'png type 2 depth 8 7x5',
  'png type 3 depth 4 interlaced 7x5',
  'png pixels in many chunks',
  'jpeg RGB subsampling 2 quality 20',
  'jpeg L progressive subsampling None quality 20',
  'jpeg with restarts',
])('%s', (name) => {
  const whole = bytesOf(known.cases[name].file);

  test('cut off anywhere, it is refused', () => {
    for (let length = 0; length < whole.length; length++)
      expect(() => decodePicture('cut.png', whole.slice(0, length))).toThrow(InputError);
    // So short that nothing says what it is, it is left to others.
    for (let length = 8; length < whole.length; length++)
      expect(() => checkWhole('cut.png', whole.slice(0, length))).toThrow(/cut.png is not a whole picture/);
    expect(() => decodePicture('cut.png', whole.slice(0, whole.length >> 1))).toThrow(
      /^cut\.png is not a whole picture: it is cut off/,
    );
  });
});

test('a PNG with any byte changed is refused', () => {
  const whole = bytesOf(known.cases['png type 2 depth 8 7x5'].file);
  for (let at = 0; at < whole.length; at++) {
    const changed = whole.slice();
    changed[at] ^= 4;
    expect(() => decodePicture('changed.png', changed), `byte ${at}`).toThrow(InputError);
  }
  const changed = whole.slice();
  changed[45] ^= 1;
  expect(() => decodePicture('changed.png', changed)).toThrow(
    /: it is damaged: the checksum of its IDAT chunk is wrong$/,
  );
});

/** A PNG whose checksums are right, whatever else is in it. */
function png(header: number[], idat: Uint8Array = new Uint8Array(0)): Uint8Array {
  const chunk = (type: string, data: Uint8Array) => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(data.length);
    sum.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, sum]);
  };
  const ihdr = Buffer.alloc(13);
  ihdr.writeUInt32BE(header[0], 0);
  ihdr.writeUInt32BE(header[1], 4);
  ihdr.set(header.slice(2), 8);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10]);
  return Buffer.concat([signature, chunk('IHDR', ihdr), chunk('IDAT', idat), chunk('IEND', Buffer.alloc(0))]);
}

test.each([
  [() => png([0, 5, 8, 2, 0, 0, 0]), /its size is 0 x 5/],
  [() => png([60000, 60000, 8, 2, 0, 0, 0]), /60000 x 60000 pixels, expected at most/],
  [() => png([5, 5, 3, 2, 0, 0, 0]), /colour type 2 of 3 bits/],
  [() => png([5, 5, 8, 3, 0, 0, 0]), /no palette/],
  [() => png([5, 5, 8, 2, 0, 0, 0], new Uint8Array(9)), /cannot be unpacked/],
  [() => Buffer.from('<svg>'), /^x is not a picture: expected PNG or JPEG/],
  [() => Buffer.from([0xff, 0xd8, 0xff, 0xd9]), /no header of a frame/],
])('what is no picture is told in a line (%#)', (make, message) => {
  expect(() => decodePicture('x', make())).toThrow(message);
});
