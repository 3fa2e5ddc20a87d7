/** @file The task `files`: patterns from files of one's own, split, checked, mapped to [0, 1]. */
import { createHash } from 'node:crypto';
import { InputError } from '../../src/errors.ts';
import { stream } from '../../src/random.ts';
import { sizeOf } from '../../src/shapes.ts';
import { augmenter, type ImageKind } from '../augment.ts';
import type { DataSource } from '../data/source.ts';
import { distinct } from '../images.ts';
import type { Split, Task } from '../task.ts';
import { located, splitsOf } from './locate.ts';
import { openPatterns } from './open.ts';
import type { ParsedFiles } from './options.ts';
import { joined, type Numbers, nameOf, type Patterns, sameShape, selected } from './patterns.ts';

/** Part of the training patterns that a missing split gets. */
const DRAWN = 1 / 10;

type Splits = Partial<Record<Split, Patterns>>;

/**
 * @throws InputError, one line, for a file that is missing or wrong, patterns of different shapes, values that are not
 * finite or out of range
 */
export async function loadFiles(options: ParsedFiles, source: DataSource): Promise<Task> {
  const report = (line: string) => source.report?.(`task: ${line}`);
  const files = located(options, source);
  const given: Splits = {};
  for (const split of splitsOf(options)) {
    const parts: Patterns[] = [];
    for (const file of files[split]!) parts.push(await openPatterns(file, options));
    for (const part of parts) {
      if (part.remark) report(part.remark);
      checkShape(part, parts[0], options.shape);
    }
    given[split] = joined(parts);
  }
  const [first, ...others] = Object.values(given);
  for (const other of others) checkShape(other, first, options.shape);
  const shape = options.shape ?? imageShape(first.shape);
  const found = survey(given, options);
  if (!options.range && !found.usual)
    report(`values go from ${found.range.join(' to ')}, which become 0 to 1`);
  const splits = drawn(given, options.seed, report);
  const clashes = duplicates(splits);
  if (clashes.length > 0) {
    if (options.duplicates === 'refuse') throw new InputError(`task: ${clashes[0]}`);
    for (const line of clashes) report(line);
  }
  const { range, values } = found;
  const bits = values === 'bits';
  const size = sizeOf(shape);
  const [low, high] = range;
  const into = (raw: Numbers, target: Float32Array) => {
    if (bits) for (let i = 0; i < size; i++) target[i] = Number(raw[i] === high);
    else for (let i = 0; i < size; i++) target[i] = (raw[i] - low) / (high - low);
    return target;
  };
  const image = shape.length === 3;
  if (options.augment && !image)
    throw new InputError(`task.augment: needs images, but patterns are [${shape.join(', ')}]`);
  const kind: ImageKind = { shape: shape as unknown as ImageKind['shape'], drawings: bits };
  const block = Math.max(1, Math.floor(Math.min(shape[0], shape[1] ?? 1) / 2));
  return {
    name: 'files',
    patternShape: [...shape],
    unit: bits ? 'bits' : 'squared error',
    bitsPerValue: bits ? 1 : first.bits,
    corruption: image ? `${bits ? 'block' : 'uniform-block'}:${block}` : `resample:${Math.floor(size / 2)}`,
    sizes: {
      train: splits.train?.count ?? 0,
      validation: splits.validation?.count ?? 0,
      test: splits.test?.count ?? 0,
    },
    found: { shape: [...shape], range, values, ...files },
    patterns(split, seed, index, patterns) {
      const members = splits[split];
      if (!members || patterns > members.count) {
        throw new InputError(
          `the ${split} split has ${members?.count ?? 0} patterns, fewer than the ${patterns} of an episode (task ${Object.keys(splits).join(', ')}: ${first.label})`,
        );
      }
      const choice = stream(seed, 'files', split, index, 'patterns');
      const result = new Float32Array(patterns * size);
      const changed =
        options.augment && split === 'train'
          ? augmenter<Float32Array>(options.augment, kind, stream(seed, 'files', split, index, 'augment'))
          : undefined;
      const patternAt = (i: number) => into(members.read(i), new Float32Array(size));
      for (const [p, i] of distinct(choice, members.count, patterns).entries()) {
        const pattern = patternAt(i);
        const other = (random: { integer(n: number): number }) => patternAt(random.integer(members.count));
        result.set(changed ? changed(pattern, other) : pattern, p * size);
      }
      return result;
    },
  };
}

/** Of the shape that is asked for, values may be in other axes; without one, all files have the same. */
function checkShape(part: Patterns, first: Patterns, asked?: readonly number[]): void {
  if (!asked) sameShape(part, first);
  else if (sizeOf([...part.shape]) !== sizeOf([...asked]))
    throw new InputError(
      `${part.label}: patterns of shape [${part.shape.join(', ')}], expected [${asked.join(', ')}] of task.shape`,
    );
}

/** Two axes are those of an image without colour. */
const imageShape = (shape: readonly number[]) => (shape.length === 2 ? [...shape, 1] : [...shape]);

/** The ranges that numbers usually have: taken where they hold the data. */
const USUAL: [number, number][] = [
  [0, 1],
  [-1, 1],
  [0, 255],
];

/**
 * Goes through all patterns once: what range their values have, and whether they are bits.
 * @throws InputError for a value that is not finite or not in the range given, naming the file and pattern
 */
function survey(splits: Splits, options: ParsedFiles) {
  let [low, high, twoValued] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, true];
  const check = options.range;
  const allBytes = Object.values(splits).every(({ bytes }) => bytes);
  const seen = new Set<number>();
  for (const patterns of Object.values(splits)) {
    for (let index = 0; index < patterns.count; index++) {
      const values = patterns.read(index);
      for (let i = 0; i < values.length; i++) {
        const v = values[i];
        if (!Number.isFinite(v) || (check && (v < check[0] || v > check[1]))) {
          throw new InputError(
            `${nameOf(patterns, index)}: value ${i + 1} is ${v}, expected ${check ? `numbers from ${check[0]} to ${check[1]}` : 'finite numbers'}`,
          );
        }
        if (v < low) low = v;
        if (v > high) high = v;
        if (twoValued && !seen.has(v)) twoValued = seen.add(v).size <= 2;
      }
    }
  }
  const bits = (options.values ?? (twoValued ? 'bits' : 'numbers')) === 'bits';
  const usual = USUAL.find(([from, to]) => {
    if (bits) return [...seen].every((v) => v === from || v === to);
    return low >= from && high <= to && (!allBytes || to === 255);
  });
  const range = check ?? usual ?? ([low, high] as [number, number]);
  if (range[0] >= range[1])
    throw new InputError(`task: all values are ${range[0]}; give task.range, or other patterns`);
  if (options.values === 'bits' && !(twoValued && [...seen].every((v) => range.includes(v))))
    throw new InputError(`task.values is bits, but there are other values than ${range.join(' and ')}`);
  const isBits = bits && [...seen].every((v) => range.includes(v));
  return { range, values: isBits ? ('bits' as const) : ('numbers' as const), usual: Boolean(usual) };
}

/** Splits that are missing are drawn from the training patterns, the same for a seed whatever the order of files. */
function drawn(given: Splits, seed: number, report: (line: string) => void): Splits {
  const { train } = given;
  if (!train) return given;
  const missing = (['test', 'validation'] as const).filter((split) => !given[split]);
  if (missing.length === 0) return given;
  const order = stream(seed, 'files', 'splits').permutation(train.count);
  const held = Math.floor(train.count * DRAWN);
  const splits: Splits = { ...given };
  missing.forEach((split, i) => {
    splits[split] = selected(train, order.slice(i * held, (i + 1) * held).sort());
  });
  splits.train = selected(train, order.slice(missing.length * held).sort());
  report(
    `${missing.join(' and ')}: ${held} of ${train.count} patterns each, drawn by seed ${seed}, ${splits.train.count} left to train`,
  );
  return splits;
}

/** Patterns that two splits share, a line for each pair of splits. */
function duplicates(splits: Splits): string[] {
  const seen = new Map<string, [split: string, name: () => string]>();
  const counts = new Map<string, { count: number; example: string }>();
  for (const [split, patterns] of Object.entries(splits)) {
    for (let index = 0; index < patterns.count; index++) {
      const values = patterns.read(index);
      const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
      const key = createHash('md5').update(bytes).digest('base64');
      const before = seen.get(key);
      if (!before) seen.set(key, [split, () => nameOf(patterns, index)]);
      else if (before[0] !== split) {
        const pair = `${split} and ${before[0]}`;
        const known = counts.get(pair) ?? {
          count: 0,
          example: `${nameOf(patterns, index)} is ${before[1]()}`,
        };
        counts.set(pair, { ...known, count: known.count + 1 });
      }
    }
  }
  return [...counts].map(
    ([pair, { count, example }]) =>
      `${count} ${count === 1 ? 'pattern is' : 'patterns are'} in ${pair}: ${example}`,
  );
}
