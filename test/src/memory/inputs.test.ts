/** @file What a memory is given wrongly, and what it says. */
import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from 'vitest';
import { tfjsEngine } from '../../../src/compile/index.ts';
import { diffusionRivals } from '../../../src/diffusion/index.ts';
import { initialise, networks } from '../../../src/energy/index.ts';
import { InputError } from '../../../src/errors.ts';
import { rivals } from '../../../src/hopfield/index.ts';
import type { AssociativeMemory } from '../../../src/memory/associative.ts';
import { energyModel } from '../../../src/memory/energy-model.ts';
import { LearnedMemory } from '../../../src/memory/learned-memory.ts';
import { defaultRule } from '../../../src/memory/rule.ts';
import { stream } from '../../../src/random.ts';
import { sparseDistributedMemory, universalMemory } from '../../../src/universal/index.ts';

const network = networks['hopfield-site']({ patternShape: [16], width: 4 });
const model = energyModel(network, { ...defaultRule, write: { ...defaultRule.write, steps: 2 } });
const learned = new LearnedMemory({
  model,
  parameters: initialise(model.parameters, 1),
  engine: await tfjsEngine(),
});

const memories: Record<string, AssociativeMemory> = {
  ...Object.fromEntries(Object.entries(rivals).map(([name, make]) => [name, make({ seed: 1 })])),
  ...Object.fromEntries(Object.entries(diffusionRivals).map(([name, make]) => [name, make({ seed: 1 })])),
  universal: universalMemory({ similarity: 'dot', separation: 'softmax', range: [-1, 1] }),
  sdm: sparseDistributedMemory({ locations: 50 }),
  learned,
};

const random = stream(1, 'inputs');
const bits = Float32Array.from({ length: 64 }, () => 2 * random.bit() - 1);
const good = tf.tensor(bits, [4, 16]);
const zeroOne = tf.tensor(bits.map((v) => (v + 1) / 2), [4, 16]); // biome-ignore format: one line
const disposed = tf.tensor(bits, [4, 16]);
disposed.dispose();
const with1 = (value: number) => tf.tensor(bits.map((v, i) => (i === 17 ? value : v)), [4, 16]); // biome-ignore format: one line

// biome-ignore lint/suspicious/noExplicitAny: what a program in JavaScript may pass
const wrongPatterns: [string, any, RegExp][] = [
  ['zeros and ones', zeroOne, /hold only 0 and 1.*from -1 to 1: convert with 2 x - 1/],
  ['bytes', tf.tensor(bits.map((v) => (v + 1) * 100), [4, 16]), /convert bytes with x \/ 255 \* 2 - 1/], // biome-ignore format: one line
  ['NaN', with1(Number.NaN), /hold NaN \(pattern 2, value 2\), expected finite/],
  ['infinity', with1(Number.POSITIVE_INFINITY), /hold Infinity \(pattern 2, value 2\)/],
  ['an array', [...bits], /an array of 64, expected a tensor/],
  ['a typed array', bits, /Float32Array of 64, expected a tensor/],
  ['nothing', undefined, /undefined, expected a tensor/],
  ['a string', 'x', /"x", expected a tensor/],
  ['strings', tf.tensor(Array(64).fill('1'), [4, 16], 'string'), /a tensor of string, expected numbers/],
  ['a scalar', tf.scalar(1), /shape \[\], expected \[count/],
  ['none', tf.zeros([0, 16]), /shape \[0,16\].*at least 1/],
  ['empty ones', tf.zeros([4, 0]), /shape \[4,0\]/],
  ['a disposed tensor', disposed, /disposed/],
];

describe.each(Object.entries(memories))('%s', (_, memory) => {
  test.each(wrongPatterns)('storing %s is refused in a line', async (_kind, patterns, message) => {
    const error = await memory.store(patterns).then(() => undefined, (e) => e); // biome-ignore format: one line
    expect(error).toBeInstanceOf(InputError);
    expect(error.message).toMatch(message);
    expect(error.message).not.toContain('\n');
  });

  test.each(wrongPatterns)('recall from %s is refused in a line', async (_kind, queries, message) => {
    const stored = await memory.store(good);
    const error = await stored.recall(queries).then(() => undefined, (e) => e); // biome-ignore format: one line
    expect(error).toBeInstanceOf(InputError);
    expect(error.message).toMatch(message);
  });

  test('queries of another shape are refused', async () => {
    const stored = await memory.store(good);
    await expect(stored.recall(tf.zeros([4, 15]))).rejects.toThrow(/shape \[4,15\], expected \[count, 16\]/);
    await expect(stored.recall(tf.zeros([16]))).rejects.toThrow(InputError);
  });

  test('a mask is zeros and ones in the shape of the queries; other conventions are named', async () => {
    const stored = await memory.store(good);
    const refused = async (known: unknown, message: RegExp) =>
      expect(stored.recall(good, { known: known as tf.Tensor })).rejects.toThrow(message);
    const mask = (low: number, high: number) => tf.tensor(bits.map((v) => (v < 0 ? low : high)), [4, 16]); // biome-ignore format: one line
    await refused(mask(0, 255), /known holds 255, expected 1 where .*: divide by 255/);
    await refused(mask(-1, 1), /known holds -1, .*: add 1 and divide by 2/);
    await refused(mask(0.2, 0.8), /known holds 0\.\d+, .*: compare with a threshold/);
    await refused(mask(0, 3), /known holds 3, expected 1/);
    await refused(mask(0, Number.NaN), /known holds NaN/);
    await refused(tf.ones([4]), /known has shape \[4\], expected that of the queries, \[4,16\]/);
    await refused([1, 0], /known is \[1, 0\], expected a tensor/);
    await refused('all', /known is "all", expected a tensor/);
    await refused(null, /known is null/);
    const fine = await stored.recall(good, { known: tf.cast(mask(0, 1), 'bool') });
    expect(fine.patterns.shape).toEqual([4, 16]);
  });

  test('steps are a whole number, and not without end', async () => {
    const stored = await memory.store(good);
    for (const steps of [-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 1e9, '3'] as number[]) {
      await expect(stored.recall(good, { steps }), String(steps)).rejects.toThrow(/steps .*, expected a whole number from \d to 1000/); // biome-ignore format: one line
    }
  });

  test('an energy is asked of points of the right shape', async () => {
    const stored = await memory.store(good);
    if (!stored.energy) return;
    await expect(stored.energy(tf.zeros([4, 15]))).rejects.toThrow(InputError);
    await expect(stored.energy(with1(Number.NaN))).rejects.toThrow(InputError);
    for (const energy of await stored.energy(good)) expect(Number.isFinite(energy)).toBe(true);
  });
});

test('a memory of 0 to 1 says how -1 and +1 become that', async () => {
  const memory = rivals.hebb({ seed: 1, range: [0, 1] });
  await expect(memory.store(good)).rejects.toThrow(/hold -1 .*from 0 to 1: convert with \(x \+ 1\) \/ 2/);
  await memory.store(zeroOne);
});

test('queries of which some entries are not known may be zero there', async () => {
  const stored = await rivals.hebb({ seed: 1 }).store(good);
  const known = tf.tensor(bits.map((v) => (v > 0 ? 1 : 0)), [4, 16]); // biome-ignore format: one line
  await stored.recall(tf.mul(good, known), { known });
  await expect(stored.recall(tf.mul(good, known))).rejects.toThrow('convert with 2 x - 1');
});

test('arrays of other lengths than they are said to have are refused', async () => {
  await expect(learned.write(bits, 1, 5)).rejects.toThrow(
    'patterns: Float32Array of 64, expected a Float32Array of [1,5,16], 80 numbers',
  );
  await expect(learned.write(bits, 0, 4)).rejects.toThrow('expected a whole number of at least 1');
  await expect(learned.write(bits, 1, 1e9)).rejects.toThrow('expected at most 16777216 at once');
  const state = await learned.write(bits, 1, 4);
  await expect(learned.read(state, bits, 1, 4, { known: bits })).rejects.toThrow('add 1 and divide by 2');
  await expect(learned.read(state, bits, 2, 4)).rejects.toThrow(InputError);
});
