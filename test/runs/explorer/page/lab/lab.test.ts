import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseConfig } from '../../../../../meta/config.ts';
import { planeThrough } from '../../../../../runs/explorer/page/lab/geometry.ts';
import { lab } from '../../../../../runs/explorer/page/lab/lab.ts';
import { nearest } from '../../../../../runs/explorer/page/lab/maps.ts';
import { openMemory } from '../../../../../runs/explorer/page/lab/model.ts';
import type { BasinMap, EnergyMap, MemoryFiles, MemoryInfo, Trace, Written } from '../../../../../runs/explorer/page/lab/protocol.ts'; // biome-ignore format: one import
import { askedOf, errorsAgainstLoad, recallByRivals } from '../../../../../runs/explorer/page/lab/rivals.ts';
import { Training } from '../../../../../runs/explorer/page/lab/training.ts';
import { compiledEngine } from '../../../../../src/compile/index.ts';
import { stream } from '../../../../../src/random.ts';

const D = 24;
const given = {
  task: { name: 'binary', dimension: D },
  corruption: 'resample:8',
  network: { name: 'hopfield-site', width: 4 },
  write: { steps: 2 },
  read: { steps: 3 },
  training: { steps: 3, episodes: 2, patterns: [4] },
};
const engine = compiledEngine({ threads: 1 });
afterAll(() => engine.dispose());

const still = { cancelled: false, breathe: async () => {} };
const random = stream(1, 'lab');
const bits = (n: number) => Float32Array.from({ length: n * D }, () => random.bit());
const patterns = bits(4);

let files: MemoryFiles;
beforeAll(async () => {
  const training = new Training(engine);
  for await (const _ of training.run(given, still));
  files = training.trained('mine');
});

describe('training', () => {
  test('comes update by update, and can be stopped after any', async () => {
    const steps: number[] = [];
    for await (const update of new Training(engine).run(given, still)) {
      steps.push(update.step);
      expect(Number.isFinite(update.loss)).toBe(true);
      expect(update).toMatchObject({ steps: 3, patterns: 4 });
    }
    expect(steps).toEqual([1, 2, 3]);
    const stopped: number[] = [];
    const turn = { cancelled: false, breathe: async () => {} };
    for await (const update of new Training(engine).run(given, turn)) {
      stopped.push(update.step);
      turn.cancelled = true;
    }
    expect(stopped).toEqual([1]);
  });

  test('only of random bits; nothing is there before the first', async () => {
    const other = { ...given, task: { name: 'omniglot' }, corruption: 'block:16' };
    await expect(new Training(engine).run(other, still).next()).rejects.toThrow(/random bits only|network/);
    expect(() => new Training(engine).trained('x')).toThrow(/nothing has been trained/);
  });
});

describe('opening a memory', () => {
  test('says what it is', async () => {
    const { info } = await openMemory(files, engine);
    expect(info).toMatchObject({ id: 'mine', network: 'hopfield-site', patternShape: [D], known: true, loads: [4], writeSteps: 2, readSteps: 3, hasEnergy: true }); // biome-ignore format: one value
    // 24 x 24 weights without what is the same twice, and thresholds: (d^2 + d) / 2.
    expect(info.floats).toBe((D * D + D) / 2);
  });

  const config = parseConfig(given, 'test');
  const other = { ...given, network: { name: 'hopfield-site', width: 5 } };
  test.each<[string, () => Partial<MemoryFiles>, RegExp]>([
    ['weights of another network', () => ({ config: other }), /mine: tensor ".*" has shape .*, expected/],
    ['a network that is none of the page’s', () => ({ config: { ...given, network: { name: 'lstm' } } }), /mine.*(network|lstm)/],
    ['no safetensors', () => ({ weights: new Uint8Array(4) }), /mine/],
    ['no configuration', () => ({ config: { ...config, task: undefined } }), /task/],
    ['a number that is none', () => ({ weights: withNaN(files.weights) }), /not finite/],
  ])('%s is refused', async (_, change, message) => {
    await expect(openMemory({ ...files, ...change() }, engine)).rejects.toThrow(message);
  }); // biome-ignore format: a table
});

function withNaN(weights: Uint8Array): Uint8Array {
  const damaged = weights.slice();
  // The last number of the last tensor.
  damaged.set([0, 0, 0xc0, 0x7f], damaged.length - 4);
  return damaged;
}

describe('what a worker answers', () => {
  const answers = lab(async () => engine);
  let info: MemoryInfo;
  let written: Written;
  const turn = still;
  const ask = <T>(value: unknown) => value as Promise<T>;
  beforeAll(async () => {
    info = await ask<MemoryInfo>(answers.open(files, turn));
    written = await ask<Written>(answers.store({ memory: 'mine', patterns, count: 4, seed: 1 }, turn));
  });

  test('storing: the state before and after every step, energies of stored and spoilt patterns', () => {
    expect(written.states).toHaveLength(info.writeSteps + 1);
    expect(written.stored.map((e) => e.length)).toEqual([4, 4, 4]);
    expect(written.spoilt).toHaveLength(3);
    const [first, last] = [written.states[0], written.states.at(-1)!];
    for (const { name } of info.writable) expect(last[name]).not.toEqual(first[name]);
  });

  test('recall: the query, every iterate, its energy; known entries do not move', async () => {
    const query = patterns.slice(0, D);
    query[3] = 1 - query[3];
    const known = new Float32Array(D).fill(1);
    known[3] = 0;
    const asked = { memory: 'mine', state: written.states.at(-1)!, query, known };
    const { iterates, energies } = await ask<Trace>(answers.recall(asked, turn));
    expect(iterates).toHaveLength(info.readSteps + 1);
    expect(energies).toHaveLength(info.readSteps + 1);
    expect(iterates[0]).toEqual(query);
    for (const x of iterates) for (let i = 0; i < D; i++) if (known[i]) expect(x[i]).toBeCloseTo(query[i], 5);
    await expect(ask(answers.recall({ ...asked, memory: 'other' }, turn))).rejects.toThrow(/not open/);
  });

  const plane = () => planeThrough(...([0, 1, 2].map((n) => patterns.slice(n * D, (n + 1) * D).map((b) => 2 * b - 1)) as [Float32Array, Float32Array, Float32Array]))!; // biome-ignore format: one plane
  const frame = { u: -1, v: -1, width: 12, height: 9 };

  test('energies of a plane come coarse, then finer, each the energy at the middle of its cell', async () => {
    const maps: EnergyMap[] = [];
    const question = { memory: 'mine', state: written.states.at(-1)!, plane: plane(), frame, finest: 40 };
    for await (const map of answers.energies(question, turn)) maps.push(map);
    expect(maps.map(({ columns, rows, last }) => [columns, rows, last])).toEqual([
      [20, 15, false],
      [40, 30, true],
    ]);
    // A cell of the finer grid, by asking for that point alone.
    const { memory } = await openMemory(files, engine);
    const { origin, e1, e2 } = plane();
    const [u, v] = [frame.u + (7.5 / 40) * frame.width, frame.v + (11.5 / 30) * frame.height];
    const point = origin.map((x, i) => x + u * e1[i] + v * e2[i]);
    const [energy] = await memory.energies(written.states.at(-1)!, point, 1, 1);
    expect(maps[1].energies[11 * 40 + 7]).toBeCloseTo(energy, 3);
  });

  test('basins: recall from every point ends at a stored pattern, or at none; called off, they stop', async () => {
    const question = { memory: 'mine', state: written.states.at(-1)!, plane: plane(), frame, columns: 20, rows: 15, patterns, count: 4 }; // biome-ignore format: one question
    let map: BasinMap | undefined;
    for await (map of answers.basins(question, turn));
    expect(map?.done).toBe(15);
    for (const to of map!.reached) expect(to >= -1 && to < 4).toBe(true);
    const called = { cancelled: true, breathe: async () => {} };
    let pieces = 0;
    for await (const _ of answers.basins(question, called)) pieces++;
    expect(pieces).toBe(1);
  });

  test('nothing is handed over before it was trained', () => {
    expect(() => lab(async () => engine).trained({ id: 'x' }, turn)).toThrow(/nothing has been trained/);
  });
});

test('the nearest pattern is the one with the fewest wrong bits, within the limit', () => {
  const x = patterns.slice(D, 2 * D);
  expect(nearest(x, patterns, 4, 0)).toBe(1);
  x[0] = 1 - x[0];
  expect(nearest(x, patterns, 4, 0)).toBe(-1);
  expect(nearest(x, patterns, 4, 1)).toBe(1);
});

describe('rivals', () => {
  test('modern Hopfield keeps as many patterns as fit, others have d (d + 1) / 2 numbers or more', async () => {
    const query = patterns.slice(0, D);
    const question = { memories: ['hebb', 'modern'], patterns, count: 4, shape: [D], query, floats: 2 * D };
    const [hebb, modern] = await recallByRivals(question);
    expect(hebb).toMatchObject({ memory: 'hebb', floats: (D * D + D) / 2 });
    expect(modern).toMatchObject({ memory: 'modern', floats: 2 * D });
    // The first is kept: it comes back.
    for (let i = 0; i < D; i++) expect(modern.pattern[i] > 0.5).toBe(query[i] > 0.5);
  });

  test('what is asked is spread evenly over what was stored', () => {
    expect(askedOf(3)).toEqual([0, 1, 2]);
    const asked = askedOf(128);
    expect(asked).toHaveLength(16);
    expect(asked.filter((m) => m < 64)).toHaveLength(8);
    expect(new Set(asked).size).toBe(16);
  });

  test('a memory that keeps only the first patterns is wrong about the others', async () => {
    const opened = await openMemory(files, engine);
    // 300 floats hold 12 patterns of 24 bits.
    const question = { memory: 'mine', rivals: ['modern'], loads: [8, 48], known: false, episodes: 2 };
    const last = new Map<string, number>();
    for await (const point of errorsAgainstLoad(opened, question, still)) {
      last.set(`${point.memory} ${point.patterns}`, point.error);
      expect(point.episodes).toBeLessThanOrEqual(2);
    }
    expect([...last.keys()].toSorted()).toEqual(['ebmm 48', 'ebmm 8', 'modern 48', 'modern 8']);
    expect(last.get('modern 8')).toBeLessThan(1);
    expect(last.get('modern 48')).toBeGreaterThan(3);
  });
});
