import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { gunzip } from '../../../tasks/data/archive.ts';

test('what unpacks beyond all measure is refused', () => {
  const bomb = gzipSync(new Uint8Array(5_000_000));
  expect(bomb.length).toBeLessThan(10_000);
  expect(() => gunzip('x', bomb, 4_999_999, 'gzip file')).toThrow(
    'x unpacks to more than 4999999 bytes, which no official file does',
  );
  expect(gunzip('x', bomb, 5_000_000, 'gzip file')).toHaveLength(5_000_000);
});
