/** @file Blobs: what was put in comes out, bit for bit; whatever is changed on the way is noticed. */
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import {
  allFinite,
  BadBlob,
  decodeBlob,
  encodeBlob,
  LONGEST_HEADER,
  longestBlob,
} from '../../../runs/workers/blob.ts';
import { inOrder, named, noticeOf, parseNotice } from '../../../runs/workers/protocol.ts';
import { parseAddress } from '../../../runs/workers/redis.ts';
import { InputError } from '../../../src/errors.ts';
import { stream } from '../../../src/random.ts';

const schema = z.strictObject({ update: z.int() });
const lists = [
  Float32Array.from([1, -0, 1e-45, 3.4e38]),
  new Float32Array(0),
  Float32Array.from([Number.NaN]),
];
const lengths = lists.map(({ length }) => length);

describe('a blob', () => {
  test('gives back all bits, from any place in memory and into room that is used again', () => {
    const first = encodeBlob({ update: 1 }, [new Float32Array(3), [], [7]]);
    const bytes = encodeBlob({ update: 12345 }, lists, first);
    expect(bytes.buffer).toBe(first.buffer);
    for (const offset of [0, 1, 3]) {
      const moved = Buffer.alloc(bytes.length + offset);
      bytes.copy(moved, offset);
      const { header, lists: read } = decodeBlob(moved.subarray(offset), schema, lengths);
      expect(header).toEqual({ update: 12345 });
      const bits = (list: Float32Array) => Array.from(new Uint32Array(list.slice().buffer));
      expect(read.map(bits)).toEqual(lists.map(bits));
    }
    expect(bytes.length).toBeLessThanOrEqual(longestBlob(lengths));
  });

  test('that is cut off, longer, or has any bit changed is refused', () => {
    const bytes = encodeBlob({ update: 3 }, lists);
    const random = stream('damaged blobs');
    for (let length = 0; length < bytes.length; length++)
      expect(() => decodeBlob(bytes.subarray(0, length), schema, lengths)).toThrow(BadBlob);
    expect(() => decodeBlob(Buffer.concat([bytes, Buffer.alloc(4)]), schema, lengths)).toThrow(BadBlob);
    for (let i = 0; i < 500; i++) {
      const damaged = Buffer.from(bytes);
      damaged[random.integer(bytes.length)] ^= 1 << random.integer(8);
      expect(() => decodeBlob(damaged, schema, lengths)).toThrow(BadBlob);
    }
    for (let i = 0; i < 500; i++) {
      const noise = Buffer.from(Array.from({ length: random.integer(200) }, () => random.integer(256)));
      expect(() => decodeBlob(noise, schema, lengths)).toThrow(BadBlob);
    }
  });

  test('of other lengths, with another header or a header without end is refused', () => {
    const bytes = encodeBlob({ update: 3 }, lists);
    expect(() => decodeBlob(bytes, schema, [4, 0, 2])).toThrow('bytes, expected');
    expect(() => decodeBlob(encodeBlob({ update: 'x' }, lists), schema, lengths)).toThrow('wrong "update"');
    expect(() => decodeBlob(encodeBlob({ update: 1, more: 1 }, lists), schema, lengths)).toThrow(BadBlob);
    expect(() => encodeBlob({ text: 'x'.repeat(LONGEST_HEADER) }, [])).toThrow('a header of');
    const long = Buffer.from(bytes);
    long.writeUInt32LE(2 ** 31, 4);
    expect(() => decodeBlob(long, schema, lengths)).toThrow('a header of 2147483648 bytes');
  });

  test('allFinite sees every NaN and infinity', () => {
    expect(allFinite([new Float32Array(5), [1, 2]])).toBe(true);
    for (const odd of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])
      expect(allFinite([[1], [2, odd, 3]])).toBe(false);
  });
});

test('lists travel in the order of their names', () => {
  const values = { b: 2, a: 1, c: 3 };
  expect(inOrder(values)).toEqual([1, 2, 3]);
  expect(named(Object.keys(values), inOrder(values))).toEqual(values);
});

test('notices are what they should be or nothing', () => {
  const notice = { what: 'part', worker: 'w', update: 3, k: 1, ms: 2.5 } as const;
  expect(parseNotice(noticeOf(notice))).toEqual(notice);
  for (const text of [
    '',
    '{',
    '[]',
    '{"what":"part"}',
    '{"what":"other","worker":"w"}',
    `{"what":"joined","worker":"${'w'.repeat(3000)}"}`,
  ])
    expect(parseNotice(text)).toBeUndefined();
  const why = '"\u0001'.repeat(5000);
  expect(parseNotice(noticeOf({ what: 'declined', worker: 'w', why }))).toMatchObject({ what: 'declined' });
});

test('an address of Redis is read, and shown without its password', () => {
  const { shown, options } = parseAddress('rediss://me:p%40ss@[::1]:7000/3', {});
  expect(shown).toBe('rediss://[::1]:7000/3');
  expect(options).toMatchObject({
    host: '::1',
    port: 7000,
    db: 3,
    username: 'me',
    password: 'p@ss',
    tls: {},
  });
  expect(parseAddress('redis://host', { EBMM_REDIS_PASSWORD: 'x' }).options).toMatchObject({
    port: 6379,
    db: 0,
    password: 'x',
  });
  for (const wrong of [
    'host',
    'http://host',
    'redis://',
    'redis://:secret@host/x',
    'redis://host?a=b',
    'redis://host:99999',
  ]) {
    expect(() => parseAddress(wrong, {})).toThrow(InputError);
    expect(() => parseAddress(wrong, {})).not.toThrow('secret');
  }
});
