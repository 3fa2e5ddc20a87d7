import { tensor } from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import { modernHopfield } from '../../../src/hopfield/index.ts';
import { nearestMemory, nearestOf } from '../../../src/hopfield/nearest.ts';
import { rounded } from '../../../src/memory/contents.ts';
import { episode } from './episode.ts';

const { patterns, queries, known, count, d } = episode(5, 40, 64, 32);
const batch = (values: ArrayLike<number>) => tensor(Float32Array.from(values), [count, d]);

test('told nothing it is the modern network by distance with beta infinite', async () => {
  const [plain, modern] = [
    nearestMemory(),
    modernHopfield({ similarity: 'euclidean', beta: 1e4, finish: 'nearest' }),
  ];
  const [a, b] = await Promise.all(
    [plain, modern].map(async (memory) => {
      const stored = await memory.store(batch(patterns));
      return (await stored.recall(batch(queries), { steps: 1 })).patterns.data();
    }),
  );
  expect(a).toEqual(b);
});

test('told what is known it compares that alone', async () => {
  const stored = await nearestMemory().store(batch(patterns));
  const { patterns: recalled } = await stored.recall(batch(queries), { known: batch(known) });
  expect(await recalled.data()).toEqual(Float32Array.from(patterns));
  // Every entry that is not known turned into its opposite, which by all entries would be a worse match than most others.
  const opposite = patterns.map((value, i) => (known[i] ? value : -value));
  const again = await stored.recall(batch(opposite), { known: batch(known) });
  expect(await again.patterns.data()).toEqual(Float32Array.from(patterns));
});

test('bits are kept exactly in one bit each; the first of equals answers', async () => {
  const memory = nearestMemory();
  const stored = await memory.store(batch(patterns));
  const packed = await memory.restore!(rounded(stored.contents!(), 1));
  expect(packed.contents!().tensors.patterns.values).toEqual(Float32Array.from(patterns));
  expect(nearestOf(Float32Array.of(1, 1, 1, 1, -1, 1), Float32Array.of(1, 1))).toBe(0);
  expect(nearestOf(Float32Array.of(1, 1, -1, 1), Float32Array.of(-1, 1), [0, 1])).toBe(0);
});
