import { expect, test } from 'vitest';
import { stream } from '../../src/random.ts';
import type { Images } from '../../tasks/data/images.ts';
import { distinct, imageTask } from '../../tasks/images.ts';
import { randomBytes } from './data/image-files.ts';

const SIZE = 12;
const images = (name: string, count: number): Images => ({
  shape: [2, 2, 3],
  count,
  bytes: randomBytes(name, count * SIZE),
});
const splits = { train: images('train', 20), validation: images('validation', 5), test: images('test', 8) };
const task = imageTask('pictures', 'pictures', splits, 'half');

const episode = (split: 'train' | 'validation' | 'test', index: number, patterns: number, seed = 0) => {
  const values = task.patterns(split, seed, index, patterns);
  return Array.from({ length: patterns }, (_, p) => values.subarray(p * SIZE, (p + 1) * SIZE).join(' '));
};

test.each(['train', 'validation', 'test'] as const)('an episode has images of its split: %s', (split) => {
  const { bytes, count } = splits[split];
  const all = Array.from({ length: count }, (_, n) =>
    Float32Array.from(bytes.subarray(n * SIZE, (n + 1) * SIZE), (byte) => byte / 255).join(' '),
  );
  // As many as there are: each exactly once.
  expect(episode(split, 0, count).sort()).toEqual(all.sort());
});

test('episodes depend on seed, split and index alone, and begin alike whatever their size', () => {
  expect(episode('train', 3, 5)).toEqual(episode('train', 3, 12).slice(0, 5));
  expect(episode('train', 4, 12)).not.toEqual(episode('train', 3, 12));
  expect(episode('train', 3, 12, 1)).not.toEqual(episode('train', 3, 12));
});

test('more patterns than the split has are refused', () => {
  expect(() => task.patterns('validation', 0, 0, 6)).toThrow(
    'the validation split of pictures has 5 pictures, fewer than the 6 patterns of an episode',
  );
});

test('distinct indices are all equally likely', () => {
  const counts = new Float64Array(8);
  for (let i = 0; i < 4000; i++) for (const n of distinct(stream(i), 8, 2)) counts[n]++;
  // binomial(4000, 1/4): 5 standard deviations are 137
  for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(137);
});
