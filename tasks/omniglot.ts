/** @file Omniglot: handwritten characters as 32 x 32 bits, split by whole alphabets (Lake et al. 2015). */
import { z } from 'zod';
import { InputError } from '../src/errors.ts';
import { type Random, stream } from '../src/random.ts';
import { augmenter, augmentOption } from './augment.ts';
import { decodedDrawings } from './data/decoded.ts';
import { type Alphabet, type Drawings, decodeDrawings, SMALL } from './data/drawings.ts';
import { dataFile } from './data/files.ts';
import { DATA_SETS, dataSet, fileOf } from './data/sets.ts';
import type { DataSource } from './data/source.ts';
import type { ImageKind } from './image-kind.ts';
import { distinct } from './images.ts';
import { parseOptions } from './options.ts';
import type { Split, Task } from './task.ts';

const ARCHIVES = [
  'images_background_small1',
  'images_background_small2',
  'images_background',
  'images_evaluation',
] as const;

/** Held out of the two small archives, and with them also where `images_background` is used. */
const HELD_OUT = ['Sanskrit', 'Tagalog'];
const VALIDATION = ['Balinese'];

const PIXELS = SMALL * SMALL;
const IMAGES: ImageKind = { shape: [SMALL, SMALL, 1], drawings: true };

export const omniglotOptions = z.strictObject({
  archives: z
    .array(z.enum(ARCHIVES))
    .min(1)
    .default(['images_background_small1', 'images_background_small2'])
    .describe(
      'official archives to take drawings from; the two small ones: 8 alphabets, 4,840 drawings, 3 MB to download',
    ),
  held_out: z
    .array(z.string())
    .optional()
    .describe(
      'alphabets of the test split; default: all of images_evaluation where that archive is used, as its authors meant it, else Sanskrit and Tagalog',
    ),
  validation: z
    .array(z.string())
    .default(VALIDATION)
    .describe('alphabets of the validation split; those named in neither list are for training'),
  augment: augmentOption.describe(
    'turns (by 90 degrees), mirrors and shifts (up to 2 pixels, paper moves in) each training drawing at random; "episode" turns and mirrors all drawings of an episode alike, so that they stay as like each other as those of the test split; "mixed" likewise, and gives every other drawing part of the ink of another, which makes characters that no alphabet has; "warped" as mixed, and turns each by some degrees, stretches, slants and bends it, as if drawn by another hand',
  ),
});

export type OmniglotOptions = z.input<typeof omniglotOptions>;

/**
 * Reads the archives (or the cache of what they decode to) and makes the task. Throws InputError when an archive
 * cannot be had or is not the official file, or an alphabet named is not in the archives.
 */
export async function loadOmniglot(
  options: OmniglotOptions,
  source: DataSource,
  sets = DATA_SETS,
): Promise<Task> {
  const parsed = parseOptions(omniglotOptions, options, 'omniglot');
  const set = dataSet('omniglot', sets);
  // in one order, so that the decoded set depends on nothing but which archives it is made from
  const names = [...new Set(parsed.archives)].sort();
  const files = names.map((name) => fileOf(set, `${name}.zip`));
  const contents: [string, Uint8Array][] = [];
  for (const file of files) contents.push([file.name, await dataFile(set, file, source)]);
  const checksums = files.map((file) => file.md5);
  const drawings = await decodedDrawings(checksums, source, () => decodeDrawings(contents));
  return omniglotTask(drawings, parsed);
}

/** The task of drawings in memory. Throws InputError on an unknown alphabet, or one in two splits. */
export function omniglotTask(drawings: Drawings, options: Omit<OmniglotOptions, 'archives'> = {}): Task {
  const { alphabets, bits } = drawings;
  const parsed = parseOptions(omniglotOptions, options, 'omniglot');
  const { held_out = defaultHeldOut(alphabets), validation, augment } = parsed;
  const splits = splitByAlphabet(alphabets, held_out, validation);
  return {
    name: 'omniglot',
    patternShape: [SMALL, SMALL, 1],
    unit: 'bits',
    bitsPerValue: 1,
    corruption: 'block:16',
    sizes: { train: splits.train.length, validation: splits.validation.length, test: splits.test.length },
    patterns(split, seed, index, patterns) {
      const members = splits[split];
      if (patterns > members.length) {
        throw new InputError(
          `the ${split} split of omniglot has ${members.length} drawings, fewer than the ${patterns} patterns of an episode`,
        );
      }
      const choice = stream(seed, 'omniglot', split, index, 'patterns');
      // a stream of its own: the same drawings are chosen with and without augmentation
      const change =
        augment && split === 'train' ? stream(seed, 'omniglot', split, index, 'augment') : undefined;
      const values = new Float32Array(patterns * PIXELS);
      const drawingAt = (i: number) => bits.subarray(members[i] * PIXELS, (members[i] + 1) * PIXELS);
      const changed = change && augmenter<Uint8Array>(augment, IMAGES, change);
      const another = (random: Random) => drawingAt(random.integer(members.length));
      for (const [p, i] of distinct(choice, members.length, patterns).entries()) {
        values.set(changed ? changed(drawingAt(i), another) : drawingAt(i), p * PIXELS);
      }
      return values;
    },
  };
}

function defaultHeldOut(alphabets: Alphabet[]): string[] {
  const evaluation = alphabets.filter(({ archives }) => archives.includes('images_evaluation.zip'));
  return evaluation.length > 0 ? evaluation.map(({ name }) => name) : HELD_OUT;
}

/** Indices of the drawings of each split. */
function splitByAlphabet(
  alphabets: Alphabet[],
  held_out: string[],
  validation: string[],
): Record<Split, number[]> {
  const present = alphabets.map(({ name }) => name);
  for (const [option, names] of Object.entries({ held_out, validation })) {
    const unknown = names.find((name) => !present.includes(name));
    if (unknown !== undefined) {
      throw new InputError(
        `omniglot.${option}: no alphabet "${unknown}" in the archives; there are ${present.join(', ')}`,
      );
    }
  }
  const both = held_out.find((name) => validation.includes(name));
  if (both !== undefined)
    throw new InputError(`omniglot: alphabet "${both}" is in held_out and in validation`);
  const splits: Record<Split, number[]> = { train: [], validation: [], test: [] };
  let first = 0;
  for (const { name, drawings } of alphabets) {
    const split = held_out.includes(name) ? 'test' : validation.includes(name) ? 'validation' : 'train';
    for (let i = first; i < first + drawings; i++) splits[split].push(i);
    first += drawings;
  }
  return splits;
}
