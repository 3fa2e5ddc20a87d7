/** @file Tasks and corruptions of one's own, checked: what they give is looked at every time, so that no wrong number is trained on. */
import { asJson } from '../src/arguments.ts';
import { InputError } from '../src/errors.ts';
import { stream } from '../src/random.ts';
import { sizeOf } from '../src/shapes.ts';
import { type Corruption, parseCorruption } from './corruption.ts';
import { type Split, type Task, units } from './task.ts';

/**
 * A task that a user wrote.
 * @param label for messages: its file
 * @throws InputError saying what is wrong with it; so do its `patterns`, for a number that is not in [0, 1] or of which there are too few
 */
export function checkedTask(task: Task, label: string): Task {
  const fail = (what: string): never => {
    throw new InputError(`task "${label}": ${what}`);
  };
  if (typeof task !== 'object' || task === null || typeof task.patterns !== 'function')
    fail('has no function patterns(split, seed, index, count)');
  const { patternShape, unit, bitsPerValue, corruption, sizes } = task;
  if (
    !Array.isArray(patternShape) ||
    patternShape.length === 0 ||
    !patternShape.every((n) => Number.isInteger(n) && n > 0)
  )
    fail(`patternShape is ${asJson(patternShape)}, expected a list of positive integers`);
  if (patternShape.length === 2 || patternShape.length > 3)
    fail(
      `patternShape is [${patternShape}], expected [d] for a vector or [height, width, channels] for an image`,
    );
  if (!units.includes(unit))
    fail(`unit is ${asJson(unit)}, expected ${units.map((u) => `"${u}"`).join(' or ')}`);
  if (!(Number.isInteger(bitsPerValue) && bitsPerValue >= 1 && bitsPerValue <= 32))
    fail(`bitsPerValue is ${asJson(bitsPerValue)}, expected 1 for bits, 8 for bytes, at most 32`);
  if (typeof corruption !== 'string')
    fail(`corruption is ${asJson(corruption)}, expected the one to use where none is asked for, as "flip:8"`);
  parseCorruption(corruption, task);
  const size = sizeOf(patternShape);
  const patterns = (split: Split, seed: number, index: number, count: number): Float32Array => {
    const values = task.patterns(split, seed, index, count);
    const call = `patterns('${split}', ${seed}, ${index}, ${count})`;
    if (!(values instanceof Float32Array) || values.length !== count * size) {
      const found = values instanceof Float32Array ? `${values.length} numbers` : typeof values;
      fail(`${call} gives ${found}, expected a Float32Array of ${count} x ${size}`);
    }
    const wrong = values.findIndex((v) => !(v >= 0 && v <= 1));
    if (wrong >= 0)
      fail(
        `${call}: pattern ${Math.floor(wrong / size) + 1}, value ${(wrong % size) + 1} is ${values[wrong]}, expected numbers from 0 to 1`,
      );
    return values;
  };
  // An episode is the same whenever it is asked for, and begins with the same patterns whatever their number.
  const split = (['train', 'test', 'validation'] as const).find((s) => (sizes?.[s] ?? 2) >= 2);
  if (split) {
    const [two, one, again] = [2, 1, 2].map((count) => patterns(split, 0, 0, count));
    if (two.some((v, i) => v !== again[i]))
      fail(`patterns('${split}', 0, 0, 2) differ when asked for again; draw with stream(seed, ...) of ebmm`);
    if (one.some((v, i) => v !== two[i]))
      fail(`patterns('${split}', 0, 0, 1) is not the first of patterns('${split}', 0, 0, 2)`);
  }
  return {
    name: typeof task.name === 'string' && task.name !== '' ? task.name : label,
    patternShape: [...patternShape],
    unit,
    bitsPerValue,
    corruption,
    ...(sizes && { sizes }),
    found: { shape: [...patternShape], unit },
    patterns,
  };
}

/**
 * A corruption that a user wrote.
 * @param spec what tables call it
 * @throws InputError saying what is wrong with it; so does its `apply`, for a value that is not in [0, 1], a mask that is not of 0 and 1,
 * and an entry that it changed but left known
 */
export function checkedCorruption(
  apply: Corruption['apply'],
  task: Pick<Task, 'patternShape'>,
  spec: string,
): Corruption {
  const fail = (what: string): never => {
    throw new InputError(`corruption "${spec}": ${what}`);
  };
  if (typeof apply !== 'function')
    fail('expected a function (query, known, random) that changes both in place');
  const checked: Corruption['apply'] = (query, known, random) => {
    const before = query.slice();
    apply(query, known, random);
    for (let i = 0; i < query.length; i++) {
      if (!(query[i] >= 0 && query[i] <= 1))
        fail(`value ${i + 1} becomes ${query[i]}, expected numbers from 0 to 1`);
      if (known[i] !== 0 && known[i] !== 1) fail(`known ${i + 1} becomes ${known[i]}, expected 0 or 1`);
      if (known[i] === 1 && query[i] !== before[i])
        fail(`value ${i + 1} was changed and stays known; set known[${i}] to 0`);
    }
  };
  const size = sizeOf(task.patternShape);
  const tried = () => {
    const query = Float32Array.from({ length: size }, (_, i) => i % 2);
    checked(query, new Float32Array(size).fill(1), stream(0, 'corruption', 'check'));
    return query;
  };
  const [once, again] = [tried(), tried()];
  if (once.some((v, i) => v !== again[i]))
    fail('differs when applied again; draw with the third argument, random');
  return { spec, apply: checked };
}
