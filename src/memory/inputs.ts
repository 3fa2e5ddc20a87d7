/** @file What enters a memory is checked: tensors, shapes, values, masks, steps. Messages name the conversion that is missing. */
import type { Tensor } from '@tensorflow/tfjs';
import { described, flag, tensor, whole } from '../arguments.ts';
import { InputError } from '../errors.ts';
import { checkNames } from '../option-names.ts';
import type { RecallOptions } from './associative.ts';

export type Range = readonly [low: number, high: number];

/** A batch as plain numbers: values [count, d] with d the product of `shape`. */
export interface Batch {
  values: Float32Array;
  count: number;
  d: number;
  /** Shape of one pattern. */
  shape: number[];
}

export interface Expected {
  /** Shape of one pattern, where one is wanted. */
  shape?: readonly number[];
  /** Values lie in it. */
  range?: Range;
  /** Values may lie outside the range, as noisy queries do; another convention (0/1, bytes) is refused all the same. */
  noisy?: boolean;
  /** 1 where a value counts; the rest may be anything finite, such as 0 for what is not known. */
  known?: ArrayLike<number>;
}

/** Numbers in one batch: more would take the memory of the machine. */
export const MOST_NUMBERS = 2 ** 24;
/** Steps of recall: a learned memory makes them one program, which grows with them. */
export const MOST_STEPS = 1000;

/** @throws InputError when a tensor of this shape has more numbers than are held at once */
export function checkNumbers(what: string, shape: readonly number[], most = MOST_NUMBERS): void {
  const numbers = shape.reduce((a, b) => a * b, 1);
  if (!(numbers <= most)) {
    throw new InputError(`${what}: [${shape}] are ${numbers} numbers, expected at most ${most} at once`);
  }
}

/**
 * Reads [count, ...patternShape].
 * @param what names the batch in messages: "patterns", "queries"
 * @throws InputError for what is no tensor of numbers, another shape, an empty batch, values that are not finite or not in the range
 */
export async function readBatch(what: string, tensor: Tensor, expected: Expected = {}): Promise<Batch> {
  const { shape, range } = expected;
  checkTensor(what, tensor, `[count, ${shape ?? '...patternShape'}]`);
  const [count = 0, ...own] = tensor.shape;
  const d = own.reduce((a, b) => a * b, 1);
  if (own.length === 0 || d === 0 || count === 0) {
    throw new InputError(
      `${what} have shape [${tensor.shape}], expected [count, ${shape ?? '...patternShape'}] with a count of at least 1`,
    );
  }
  if (shape && String(own) !== String(shape)) {
    throw new InputError(`${what} have shape [${tensor.shape}], expected [count, ${shape}]`);
  }
  const values = Float32Array.from(await tensor.data());
  checkValues(what, values, d, expected);
  if (range) checkConvention(what, values, range, expected);
  return { values, count, d, shape: own };
}

/**
 * Reads queries [count, ...patternShape] and what is known of them; `values` as `readBatch`, `mask` as `readKnown`.
 * @throws InputError likewise
 */
export async function readQueries(
  queries: Tensor,
  known: Tensor | undefined,
  expected: Expected & { shape: readonly number[] },
): Promise<Batch & { mask: ArrayLike<number> | undefined }> {
  const { range, ...rest } = expected;
  const batch = await readBatch('queries', queries, rest);
  const mask = await readKnown(known, batch.count, expected.shape);
  checkValues('queries', batch.values, batch.d, expected);
  if (range) checkConvention('queries', batch.values, range, { known: mask });
  return { ...batch, mask };
}

/**
 * The same for values that come as an array.
 * @throws InputError for another length than [count, ...shape], too many, values that are not finite or not in the range
 */
export function checkBatch(
  what: string,
  values: Float32Array,
  leading: readonly number[],
  expected: Expected & { shape: readonly number[] },
): void {
  const d = expected.shape.reduce((a, b) => a * b, 1);
  for (const n of leading) {
    if (!(Number.isInteger(n) && n >= 1))
      throw new InputError(`${what}: ${described(n)} of them, expected a whole number of at least 1`);
  }
  const wanted = leading.reduce((a, b) => a * b, d);
  if (wanted > MOST_NUMBERS)
    throw new InputError(
      `${what}: [${[...leading, ...expected.shape]}] are ${wanted} numbers, expected at most ${MOST_NUMBERS} at once`,
    );
  if (!ArrayBuffer.isView(values) || values.length !== wanted) {
    throw new InputError(
      `${what}: ${described(values)}, expected a Float32Array of [${[...leading, ...expected.shape]}], ${wanted} numbers`,
    );
  }
  checkValues(what, values, d, expected);
  if (expected.range) checkConvention(what, values, expected.range, expected);
}

/**
 * Reads a mask of known entries for `count` queries: [count, ...shape], 1 where known, else 0; undefined stays undefined.
 * @throws InputError for another shape, or values that are neither 0 nor 1
 */
export async function readKnown(
  known: Tensor | undefined,
  count: number,
  shape: readonly number[],
): Promise<ArrayLike<number> | undefined> {
  if (known === undefined) return undefined;
  checkTensor('known', known, `that of the queries, [${[count, ...shape]}]`);
  if (String(known.shape) !== String([count, ...shape])) {
    throw new InputError(
      `known has shape [${known.shape}], expected that of the queries, [${[count, ...shape]}]`,
    );
  }
  const values = await known.data();
  checkMask('known', values);
  return values;
}

/** @throws InputError naming the conversion, where values are neither 0 nor 1 */
export function checkMask(what: string, values: ArrayLike<number>): void {
  const all = Array.prototype.every.bind(values) as (good: (v: number) => boolean) => boolean;
  for (let i = 0; i < values.length; i++) {
    if (values[i] === 0 || values[i] === 1) continue;
    const hint = all((v) => v === 0 || v === 255)
      ? ': divide by 255'
      : all((v) => v === -1 || v === 1)
        ? ': add 1 and divide by 2'
        : all((v) => v >= 0 && v <= 1)
          ? ': compare with a threshold, for instance greater(0.5)'
          : '';
    throw new InputError(
      `${what} holds ${values[i]}, expected 1 where an entry is known and 0 elsewhere${hint}`,
    );
  }
}

/** @throws InputError for an option of recall that there is none of */
export function recallOptions(options: RecallOptions = {}): RecallOptions {
  checkNames('recall', options, { known: tensor, steps: whole(0, MOST_STEPS), trace: flag });
  return options;
}

/** @throws InputError unless a whole number from `least` to MOST_STEPS */
export function checkSteps(name: string, steps: number, least = 0, most = MOST_STEPS): number {
  if (Number.isInteger(steps) && steps >= least && steps <= most) return steps;
  throw new InputError(
    `${name}: steps ${described(steps)}, expected a whole number from ${least} to ${most}`,
  );
}

function checkTensor(what: string, tensor: Tensor, shape: string): void {
  const good = Array.isArray(tensor?.shape) && typeof tensor.data === 'function';
  if (!good)
    throw new InputError(
      `${what}: ${described(tensor)}, expected a tensor ${shape}: make one with tf.tensor(...)`,
    );
  if (tensor.isDisposed) throw new InputError(`${what}: a tensor that has been disposed of`);
  if (!['float32', 'int32', 'bool'].includes(tensor.dtype))
    throw new InputError(`${what}: a tensor of ${tensor.dtype}, expected numbers`);
  if (tensor.size > MOST_NUMBERS)
    throw new InputError(
      `${what}: [${tensor.shape}] are ${tensor.size} numbers, expected at most ${MOST_NUMBERS} at once`,
    );
}

/** Rounding of float32 where values were converted to the range. */
const SLACK = 1e-5;

function checkValues(what: string, values: Float32Array, d: number, { range, noisy }: Expected): void {
  const wrong = values.findIndex((v) => !Number.isFinite(v));
  if (wrong >= 0) {
    throw new InputError(
      `${what} hold ${values[wrong]} (pattern ${Math.floor(wrong / d) + 1}, value ${(wrong % d) + 1}), expected finite numbers`,
    );
  }
  if (!range) return;
  const [low, high] = range;
  const slack = SLACK * (high - low);
  const beyond = values.findIndex((v) => v < low - slack || v > high + slack);
  if (beyond < 0) return;
  const at = `${what} hold ${values[beyond]} (pattern ${Math.floor(beyond / d) + 1}, value ${(beyond % d) + 1}), but this memory takes values from ${low} to ${high}`;
  const bytes =
    high <= 1 && values.every((v) => v >= 0 && v <= 255 && Number.isInteger(v)) && values.some((v) => v > 1);
  if (bytes) throw new InputError(`${at}: convert bytes with ${fromBytes(range)}`);
  if (low === 0 && high === 1 && values.every((v) => v >= -1 && v <= 1))
    throw new InputError(`${at}: convert with (x + 1) / 2`);
  if (!noisy) throw new InputError(at);
}

const fromBytes = ([low, high]: Range) =>
  `x / 255${high - low === 1 ? '' : ` * ${high - low}`}${low === 0 ? '' : low < 0 ? ` - ${-low}` : ` + ${low}`}`;

/** Zeros and ones are answered, but as nonsense, by a memory of -1 and +1. */
function checkConvention(what: string, values: Float32Array, [low, high]: Range, { known }: Expected): void {
  if (low !== -1 || high !== 1) return;
  let [zeros, ones] = [0, 0];
  for (let i = 0; i < values.length; i++) {
    if (known && !known[i]) continue;
    if (values[i] === 0) zeros++;
    else if (values[i] === 1) ones++;
    else return;
  }
  if (zeros > 0 && ones > 0) {
    throw new InputError(
      `${what} hold only 0 and 1, but this memory takes values from -1 to 1: convert with 2 x - 1`,
    );
  }
}
