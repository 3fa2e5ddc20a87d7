import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { InputError } from '../../src/errors.ts';
import { drawBatch } from '../../tasks/batch.ts';
import { parseCorruption } from '../../tasks/corruption.ts';
import { type Drawings, decodeDrawings } from '../../tasks/data/drawings.ts';
import { dataFile } from '../../tasks/data/files.ts';
import { DATA_SETS } from '../../tasks/data/sets.ts';
import { readZip } from '../../tasks/data/zip.ts';
import { loadOmniglot, type OmniglotOptions, omniglotTask } from '../../tasks/omniglot.ts';
import type { Split, Task } from '../../tasks/task.ts';
import { archive, dataDirectory, SMALL_ARCHIVES, tableOf, temporaryFolder } from './data/archives.ts';

const SPLITS: Split[] = ['train', 'validation', 'test'];
const drawings = decodeDrawings(Object.entries(SMALL_ARCHIVES));

/** The patterns of an episode as strings of 1024 bits. */
function episode(task: Task, split: Split, index: number, patterns: number, seed = 0): string[] {
  const values = task.patterns(split, seed, index, patterns);
  return Array.from({ length: patterns }, (_, p) => values.subarray(p * 1024, (p + 1) * 1024).join(''));
}

/** The alphabets that an episode of a split shows, by looking its drawings up in the decoded set. */
function alphabetsOf(task: Task, split: Split, patterns: number, set: Drawings = drawings): string[] {
  const names = new Map<string, string>();
  let first = 0;
  for (const { name, drawings } of set.alphabets) {
    for (let i = first; i < first + drawings; i++)
      names.set(set.bits.subarray(i * 1024, (i + 1) * 1024).join(''), name);
    first += drawings;
  }
  return [...new Set(episode(task, split, 0, patterns).map((pattern) => names.get(pattern)!))].sort();
}

describe('episodes', () => {
  const task = omniglotTask(drawings);

  test('are binary images of 32 x 32, with a 16 x 16 block corrupted by default', () => {
    expect(task.patternShape).toEqual([32, 32, 1]);
    const batch = drawBatch(task, parseCorruption(task.corruption, task), 'train', 0, 0, 2, 4);
    expect(batch.shape).toEqual([2, 4, 32, 32, 1]);
    expect(batch.patterns.every((value) => value === 0 || value === 1)).toBe(true);
    expect(batch.known.filter((value) => value === 0)).toHaveLength(8 * 256);
  });

  test('are drawn without replacement, up to the whole split', () => {
    for (let index = 0; index < 5; index++) expect(new Set(episode(task, 'train', index, 16)).size).toBe(16);
    expect(() => task.patterns('train', 0, 0, 17)).toThrow(
      new InputError('the train split of omniglot has 16 drawings, fewer than the 17 patterns of an episode'),
    );
  });

  test('depend on seed, split and index alone, and begin alike whatever their size', () => {
    const many = episode(task, 'test', 3, 12);
    expect(episode(omniglotTask(drawings), 'test', 3, 5)).toEqual(many.slice(0, 5));
    expect(episode(task, 'test', 4, 12)).not.toEqual(many);
    expect(episode(task, 'test', 3, 12, 1)).not.toEqual(many);
  });

  test('show every drawing equally often', () => {
    const counts = new Map<string, number>();
    for (let index = 0; index < 1000; index++) {
      for (const pattern of episode(task, 'train', index, 4))
        counts.set(pattern, (counts.get(pattern) ?? 0) + 1);
    }
    expect(counts.size).toBe(16);
    // binomial(1000, 1/4): 5 standard deviations are 69
    for (const count of counts.values()) expect(Math.abs(count - 250)).toBeLessThan(69);
  });
});

describe('splits', () => {
  test('are whole alphabets: Sanskrit and Tagalog for the test, Balinese for validation', () => {
    const task = omniglotTask(drawings);
    expect(alphabetsOf(task, 'train', 16)).toEqual(['Greek', 'Korean']);
    expect(alphabetsOf(task, 'validation', 8)).toEqual(['Balinese']);
    expect(alphabetsOf(task, 'test', 16)).toEqual(['Sanskrit', 'Tagalog']);
  });

  test('can be chosen', () => {
    const task = omniglotTask(drawings, { held_out: ['Greek'], validation: [] });
    expect(alphabetsOf(task, 'train', 32)).toEqual(['Balinese', 'Korean', 'Sanskrit', 'Tagalog']);
    expect(alphabetsOf(task, 'test', 8)).toEqual(['Greek']);
    expect(() => task.patterns('validation', 0, 0, 1)).toThrow(
      /the validation split of omniglot has 0 drawings/,
    );
  });

  test('hold out the evaluation archive where it is used', () => {
    const set = decodeDrawings([
      ['images_background.zip', archive('images_background', ['Balinese', 'Sanskrit', 'Tagalog'])],
      ['images_evaluation.zip', archive('images_evaluation', ['Angelic', 'Keble'])],
    ]);
    const task = omniglotTask(set);
    expect(alphabetsOf(task, 'train', 16, set)).toEqual(['Sanskrit', 'Tagalog']);
    expect(alphabetsOf(task, 'test', 16, set)).toEqual(['Angelic', 'Keble']);
  });

  test.each<[OmniglotOptions, string]>([
    [
      { held_out: ['Klingon'] },
      'omniglot.held_out: no alphabet "Klingon" in the archives; there are Balinese, Greek, Korean, Sanskrit, Tagalog',
    ],
    [
      { validation: ['greek'] },
      'omniglot.validation: no alphabet "greek" in the archives; there are Balinese, Greek, Korean, Sanskrit, Tagalog',
    ],
    [
      { held_out: ['Greek'], validation: ['Greek'] },
      'omniglot: alphabet "Greek" is in held_out and in validation',
    ],
  ])('refuse %o', (options, message) => {
    expect(() => omniglotTask(drawings, options)).toThrow(new InputError(message));
  });
});

describe('augmentation', () => {
  const [plain, augmented] = [omniglotTask(drawings), omniglotTask(drawings, { augment: true })];

  test('changes training episodes only, and repeatably', () => {
    expect(episode(augmented, 'train', 0, 16)).not.toEqual(episode(plain, 'train', 0, 16));
    expect(episode(augmented, 'train', 0, 7)).toEqual(episode(augmented, 'train', 0, 16).slice(0, 7));
    for (const split of ['validation', 'test'] as const) {
      expect(episode(augmented, split, 0, 8)).toEqual(episode(plain, split, 0, 8));
    }
  });

  test('by episode turns all its drawings alike', () => {
    const el = new Uint8Array(1024);
    for (let y = 8; y < 24; y++) el[y * 32 + 12] = 1;
    for (let x = 12; x < 20; x++) el[23 * 32 + x] = 1;
    const eight = { alphabets: [{ name: 'L', drawings: 8, archives: [] }], bits: new Uint8Array(8 * 1024) };
    for (let i = 0; i < 8; i++) eight.bits.set(el, i * 1024);
    /** Different shapes among the drawings of an episode, wherever they have been shifted. */
    const shapes = (augment: true | 'episode', index: number) => {
      const task = omniglotTask(eight, { held_out: [], validation: [], augment });
      const images = task.patterns('train', 0, index, 8);
      return Array.from({ length: 8 }, (_, p) => {
        const image = images.slice(p * 1024, (p + 1) * 1024);
        const ink = [...image.keys()].filter((i) => image[i] === 1).map((i) => [i % 32, i >> 5]);
        const [left, top] = [0, 1].map((axis) => Math.min(...ink.map((point) => point[axis])));
        return ink.map(([x, y]) => `${x - left},${y - top}`).join(' ');
      });
    };
    const first = Array.from({ length: 100 }, (_, index) => new Set(shapes('episode', index)));
    for (const alike of first) expect(alike.size).toBe(1);
    expect(new Set(first.flatMap((alike) => [...alike])).size).toBe(8);
    expect(new Set(shapes(true, 0)).size).toBeGreaterThan(1);
  });

  test('mixed adds to half of the drawings of an episode ink of others, and takes none away', () => {
    const mixed = omniglotTask(drawings, { augment: 'mixed' });
    expect(episode(mixed, 'train', 3, 16)).toEqual(episode(mixed, 'train', 3, 16));
    for (const split of ['validation', 'test'] as const)
      expect(episode(mixed, split, 0, 8)).toEqual(episode(plain, split, 0, 8));
    // Drawings of one row of ink each, every one another row: what is mixed has more rows, never fewer.
    const bits = new Uint8Array(8 * 1024);
    for (let i = 0; i < 8; i++) bits.fill(1, i * 1024 + (8 + 2 * i) * 32, i * 1024 + (9 + 2 * i) * 32);
    const lines = { alphabets: [{ name: 'lines', drawings: 8, archives: [] }], bits };
    const task = omniglotTask(lines, { held_out: [], validation: [], augment: 'mixed' });
    let more = 0;
    for (let index = 0; index < 200; index++) {
      const images = task.patterns('train', 0, index, 8);
      for (let p = 0; p < 8; p++) {
        const ink = images.slice(p * 1024, (p + 1) * 1024).reduce((a, b) => a + b, 0);
        // A shift moves at most 2 of the 32 pixels of a row out.
        expect(ink).toBeGreaterThanOrEqual(30);
        if (ink > 32) more++;
      }
    }
    // Half of 1,600, less one in eight whose other drawing is the same one and the few whose rectangle has no row in it.
    expect(more).toBeGreaterThan(400);
    expect(more).toBeLessThan(900);
  });

  test('is one of the eight symmetries of the square and a shift of at most 2 pixels', () => {
    // an L whose symmetries all differ, clear of the border
    const bits = new Uint8Array(8 * 1024);
    for (let y = 8; y < 24; y++) bits[y * 32 + 12] = 1;
    for (let x = 12; x < 20; x++) bits[23 * 32 + x] = 1;
    const one = { alphabets: [{ name: 'L', drawings: 1, archives: [] }], bits: bits.slice(0, 1024) };
    const task = omniglotTask(one, { held_out: [], validation: [], augment: true });
    const seen = new Map<string, Set<string>>();
    for (let index = 0; index < 3000; index++) {
      const image = task.patterns('train', 0, index, 1);
      const ink = [...image.keys()].filter((i) => image[i] === 1).map((i) => [i % 32, i >> 5]);
      expect(ink).toHaveLength(23);
      const [left, top] = [0, 1].map((axis) => Math.min(...ink.map((point) => point[axis])));
      const shape = ink.map(([x, y]) => `${x - left},${y - top}`).join(' ');
      seen.set(shape, (seen.get(shape) ?? new Set()).add(`${left},${top}`));
    }
    expect(seen.size).toBe(8);
    for (const places of seen.values()) expect(places.size).toBe(25);
  });
});

describe('loading', () => {
  const sets = tableOf(SMALL_ARCHIVES);

  test("reads the two small archives of a user's folder, and then the cache", async () => {
    const source = { directory: dataDirectory(SMALL_ARCHIVES), cache: temporaryFolder() };
    const first = await loadOmniglot({}, source, sets);
    const second = await loadOmniglot({}, source, sets);
    for (const split of SPLITS) {
      expect(episode(first, split, 0, 8)).toEqual(episode(omniglotTask(drawings), split, 0, 8));
      expect(episode(second, split, 0, 8)).toEqual(episode(first, split, 0, 8));
    }
  });

  test('does not depend on the order of the archives, or on one named twice', async () => {
    const source = { directory: dataDirectory(SMALL_ARCHIVES), cache: temporaryFolder() };
    const archives: OmniglotOptions['archives'] = [
      'images_background_small2',
      'images_background_small1',
      'images_background_small2',
    ];
    const task = await loadOmniglot({ archives }, source, sets);
    expect(episode(task, 'train', 0, 16)).toEqual(episode(omniglotTask(drawings), 'train', 0, 16));
  });

  test('refuses an archive that is not the official one, and a damaged one', async () => {
    const directory = dataDirectory(SMALL_ARCHIVES);
    const source = { directory, cache: temporaryFolder() };
    await expect(loadOmniglot({}, source)).rejects.toThrow(
      /small1\.zip has MD5 \w+, expected e704a628b5459e08445c/,
    );
    const [name] = Object.keys(SMALL_ARCHIVES);
    const half = { [name]: SMALL_ARCHIVES[name].slice(0, 3000) };
    const loading = loadOmniglot(
      { archives: ['images_background_small1'] },
      { ...source, directory: dataDirectory(half) },
      tableOf(half),
    );
    await expect(loading).rejects.toThrow(/^images_background_small1\.zip is not a whole zip archive/);
  });
});

/** The real archives are not part of the project: these tests run where they are at hand. */
const real = [process.env.EBMM_DATA_DIR, resolve('../shared/data')].find(
  (folder) => folder && existsSync(resolve(folder, 'omniglot/images_background_small1.zip')),
);

describe.runIf(real)('the official small archives', () => {
  let task: Task;

  beforeAll(async () => {
    // no cache: a file stands where its folder would be
    task = await loadOmniglot({}, { directory: real, cache: fileURLToPath(import.meta.url) });
  }, 30_000);

  test('have 2,720 and 3,120 drawings', async () => {
    for (const [file, count] of [
      [DATA_SETS[0].files[0], 2720],
      [DATA_SETS[0].files[1], 3120],
    ] as const) {
      const bytes = await dataFile(DATA_SETS[0], file, { directory: real, cache: '' });
      expect(readZip(file.name, bytes, '.png')).toHaveLength(count);
    }
  });

  test('make splits of 3,180, 480 and 1,180 drawings, no two alike', () => {
    const sizes = { train: 3180, validation: 480, test: 1180 };
    const all = SPLITS.flatMap((split) => {
      expect(() => task.patterns(split, 0, 0, sizes[split] + 1)).toThrow(`has ${sizes[split]} drawings`);
      return episode(task, split, 0, sizes[split]);
    });
    expect(new Set(all).size).toBe(4840);
  });

  test('are 7 to 8 % ink', () => {
    const values = task.patterns('train', 0, 0, 3180);
    const ink = values.reduce((sum, value) => sum + value, 0) / values.length;
    expect(ink).toBeGreaterThan(0.07);
    expect(ink).toBeLessThan(0.08);
  });
});
