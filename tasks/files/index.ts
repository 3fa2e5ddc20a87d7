/** @file The task `files`: patterns from files of one's own, split, checked, mapped to [0, 1]. */
import { InputError } from '../../src/errors.ts';
import { stream } from '../../src/random.ts';
import { sizeOf } from '../../src/shapes.ts';
import { augmenter } from '../augment.ts';
import type { DataSource } from '../data/source.ts';
import type { ImageKind } from '../image-kind.ts';
import { distinct } from '../images.ts';
import type { Split, Task } from '../task.ts';
import { located, splitsOf } from './locate.ts';
import { openPatterns } from './open.ts';
import type { ParsedFiles } from './options.ts';
import { joined, nameOf, type Patterns, sameShape, selected } from './patterns.ts';
import { survey } from './survey.ts';

/** Part of the training patterns that a missing split gets. */
const DRAWN = 1 / 10;

/** Milliseconds between lines of progress. */
const PATIENCE = 10_000;

/** Patterns in [0, 1], and a hash of each. */
interface Members {
  patterns: Patterns;
  hashes: Float64Array;
}

type Splits = Partial<Record<Split, Members>>;

/**
 * @throws InputError, one line, for a file that is missing or wrong, patterns of different shapes, values that are not
 * finite or out of range
 */
export async function loadFiles(options: ParsedFiles, source: DataSource): Promise<Task> {
  const report = (line: string) => source.report?.(`task: ${line}`);
  const files = located(options, source);
  const names = splitsOf(options);
  const opened: { split: Split; patterns: Patterns }[] = [];
  for (const split of names)
    for (const file of files[split]!) opened.push({ split, patterns: await openPatterns(file, options) });
  const [{ patterns: first }] = opened;
  for (const { patterns } of opened) {
    if (patterns.remark) report(patterns.remark);
    checkShape(patterns, first, options.shape);
  }
  const shape = options.shape ?? imageShape(first.shape);
  const found = survey(
    opened.map(({ patterns }) => patterns),
    options,
    patient((done, total) => report(`read ${done} of ${total} patterns`)),
  );
  if (!options.range && !found.usual && found.range)
    report(`values go from ${found.range.join(' to ')}, which become 0 to 1`);
  const given: Splits = {};
  for (const split of names) {
    const parts = opened.flatMap((part, i) => (part.split === split ? [i] : []));
    given[split] = {
      patterns: joined(parts.map((i) => found.parts[i])),
      hashes: concatenated(parts.map((i) => found.hashes[i])),
    };
  }
  const splits = drawn(given, options.seed, report);
  const clashes = duplicates(splits);
  if (clashes.length > 0) {
    if (options.duplicates === 'refuse') throw new InputError(`task: ${clashes[0]}`);
    for (const line of clashes) report(line);
  }
  const bits = found.values === 'bits';
  const size = sizeOf(shape);
  const image = shape.length === 3;
  if (options.augment && !image)
    throw new InputError(`task.augment: needs images, but patterns are [${shape.join(', ')}]`);
  const kind: ImageKind = { shape: shape as unknown as ImageKind['shape'], drawings: bits };
  const block = Math.max(1, Math.floor(Math.min(shape[0], shape[1] ?? 1) / 2));
  const count = (split: Split) => splits[split]?.patterns.count ?? 0;
  const taskWith = (augment: ParsedFiles['augment']): Task => ({
    name: 'files',
    patternShape: [...shape],
    unit: bits ? 'bits' : 'squared error',
    bitsPerValue: bits ? 1 : Math.max(...opened.map(({ patterns }) => patterns.bits)),
    corruption: image ? `${bits ? 'block' : 'uniform-block'}:${block}` : `resample:${Math.floor(size / 2)}`,
    sizes: { train: count('train'), validation: count('validation'), test: count('test') },
    found: {
      shape: [...shape],
      values: found.values,
      ...(found.range ? { range: found.range } : {}),
      ...files,
    },
    patterns(split, seed, index, patterns) {
      const members = splits[split]?.patterns;
      if (!members || patterns > members.count) {
        throw new InputError(
          `the ${split} split has ${members?.count ?? 0} patterns, fewer than the ${patterns} of an episode (task ${Object.keys(splits).join(', ')}: ${first.label})`,
        );
      }
      const choice = stream(seed, 'files', split, index, 'patterns');
      const result = new Float32Array(patterns * size);
      const changed =
        augment && split === 'train'
          ? augmenter<Float32Array>(augment, kind, stream(seed, 'files', split, index, 'augment'))
          : undefined;
      const patternAt = (i: number) => members.read(i) as Float32Array;
      for (const [p, i] of distinct(choice, members.count, patterns).entries()) {
        const pattern = patternAt(i);
        const other = (random: { integer(n: number): number }) => patternAt(random.integer(members.count));
        result.set(changed ? changed(pattern, other) : pattern, p * size);
      }
      return result;
    },
  });
  return { ...taskWith(options.augment), unaugmented: taskWith(false) };
}

/** Of the shape that is asked for, values may be in other axes; without one, all files have the same. */
function checkShape(part: Patterns, first: Patterns, asked?: readonly number[]): void {
  if (!asked) sameShape(part, first);
  else if (sizeOf([...part.shape]) !== sizeOf([...asked])) {
    throw new InputError(
      `${part.label}: patterns of shape [${part.shape.join(', ')}], expected [${asked.join(', ')}] of task.shape`,
    );
  }
}

/** Two axes are those of an image without colour. */
const imageShape = (shape: readonly number[]) => (shape.length === 2 ? [...shape, 1] : [...shape]);

/** Passes on what is told when it has been long since the last time. */
function patient(tell: (done: number, total: number) => void) {
  let last = Date.now();
  return (done: number, total: number) => {
    if (Date.now() - last < PATIENCE) return;
    last = Date.now();
    tell(done, total);
  };
}

function concatenated(parts: Float64Array[]): Float64Array {
  if (parts.length === 1) return parts[0];
  const whole = new Float64Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Splits that are missing are drawn from the training patterns, the same for a seed whatever the order of files. */
function drawn(given: Splits, seed: number, report: (line: string) => void): Splits {
  const { train } = given;
  if (!train) return given;
  const missing = (['test', 'validation'] as const).filter((split) => !given[split]);
  if (missing.length === 0) return given;
  const { count } = train.patterns;
  const order = stream(seed, 'files', 'splits').permutation(count);
  const held = Math.floor(count * DRAWN);
  const of = (from: number, to?: number): Members => {
    const indices = order.slice(from, to).sort();
    return {
      patterns: selected(train.patterns, indices),
      hashes: Float64Array.from(indices, (i) => train.hashes[i]),
    };
  };
  const splits: Splits = { ...given };
  missing.forEach((split, i) => {
    splits[split] = of(i * held, (i + 1) * held);
  });
  splits.train = of(missing.length * held);
  report(
    `${missing.join(' and ')}: ${held} of ${count} patterns each, drawn by seed ${seed}, ${splits.train.patterns.count} left to train`,
  );
  return splits;
}

/** Patterns that two splits share, a line for each pair of splits. */
function duplicates(splits: Splits): string[] {
  const seen = new Map<number, [members: Members, split: string, index: number]>();
  const counts = new Map<string, { count: number; example: string }>();
  for (const [split, members] of Object.entries(splits)) {
    for (let index = 0; index < members.patterns.count; index++) {
      const before = seen.get(members.hashes[index]);
      if (!before) seen.set(members.hashes[index], [members, split, index]);
      else if (before[1] !== split && equal(members, index, before[0], before[2])) {
        const pair = `${split} and ${before[1]}`;
        const known = counts.get(pair) ?? {
          count: 0,
          example: `${nameOf(members.patterns, index)} is ${nameOf(before[0].patterns, before[2])}`,
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

function equal(a: Members, i: number, b: Members, j: number): boolean {
  const [x, y] = [a.patterns.read(i), b.patterns.read(j)];
  return x.every((v, k) => v === y[k]);
}
