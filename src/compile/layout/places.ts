/** @file Where tensors lie in memory: buffers, and views of them with a stride for each axis. All strides and offsets count numbers. */
import { sizeOf } from '../../shapes.ts';
import { sameShape } from '../graph/graph.ts';

/** A run of numbers. */
export interface Buffer {
  readonly size: number;
  /** What it holds before the program runs, if it is to stay: constants. */
  readonly values?: ArrayLike<number>;
  /** From the start of the memory, once it is laid out. */
  offset: number;
}

export const newBuffer = (size: number, values?: ArrayLike<number>): Buffer => ({ size, values, offset: -1 });

/** A tensor in a buffer. Strides of 0 repeat. */
export interface Place {
  readonly buffer: Buffer;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
}

/** Strides of a tensor in row-major order. */
function rowMajor(shape: readonly number[]): number[] {
  const strides = Array<number>(shape.length);
  let stride = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    strides[i] = stride;
    stride *= shape[i];
  }
  return strides;
}

export const wholeBuffer = (buffer: Buffer, shape: readonly number[]): Place => ({
  buffer,
  offset: 0,
  shape,
  strides: rowMajor(shape),
});

/** A new buffer as large as the tensor. */
export const newPlace = (shape: readonly number[]): Place => wholeBuffer(newBuffer(sizeOf(shape)), shape);

/** Whether the numbers lie in row-major order without gaps. */
export function isContiguous({ shape, strides }: Place): boolean {
  let stride = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    if (shape[i] !== 1 && strides[i] !== stride) return false;
    stride *= shape[i];
  }
  return true;
}

/** The same numbers in another shape; undefined where that needs a copy. */
export function reshaped(place: Place, shape: readonly number[]): Place | undefined {
  const old = place.shape.map((length, i) => ({ length, stride: place.strides[i] })).filter((axis) => axis.length !== 1); // biome-ignore format: one thought
  const strides = Array<number>(shape.length).fill(0);
  let at = 0;
  for (let i = 0; i < shape.length; ) {
    if (shape[i] === 1) {
      i++;
      continue;
    }
    // As few axes of both as have the same product.
    const [firstOld, firstNew] = [at, i];
    let [oldSize, newSize] = [old[at++]?.length ?? 1, shape[i++]];
    while (oldSize !== newSize) {
      if (oldSize < newSize) oldSize *= old[at++].length;
      else newSize *= shape[i++];
    }
    for (let k = firstOld; k + 1 < at; k++)
      if (old[k].stride !== old[k + 1].stride * old[k + 1].length) return undefined;
    let stride = old[at - 1].stride;
    for (let k = i - 1; k >= firstNew; k--) {
      strides[k] = stride;
      stride *= shape[k];
    }
  }
  return { ...place, shape, strides };
}

export function transposed(place: Place, permutation: readonly number[]): Place {
  const { buffer, offset } = place;
  const shape: number[] = [];
  const strides: number[] = [];
  for (const axis of permutation) {
    shape.push(place.shape[axis]);
    strides.push(place.strides[axis]);
  }
  return { buffer, offset, shape, strides };
}

/** Broadcast to a shape by NumPy's rule. */
export function expanded(place: Place, shape: readonly number[]): Place {
  if (sameShape(place.shape, shape)) return place;
  const { buffer, offset } = place;
  const missing = shape.length - place.shape.length;
  const strides = shape.map((_, i) => (i < missing || place.shape[i - missing] === 1 ? 0 : place.strides[i - missing])); // biome-ignore format: one thought
  return { buffer, offset, shape, strides };
}

/** Entries from `starts` on, every `steps`-th along each axis. */
export function sliced(
  place: Place,
  shape: readonly number[],
  starts: readonly number[],
  steps: readonly number[],
): Place {
  const offset = starts.reduce((sum, start, i) => sum + start * place.strides[i], place.offset);
  return { ...place, offset, shape, strides: place.strides.map((stride, i) => stride * steps[i]) };
}

/** An axis of a loop, with the stride of every operand along it. */
export interface Axis {
  length: number;
  strides: number[];
}

/** Axes of equal shape as few loops: neighbours become one where they are for all operands, and axes of length 1 go. */
export function collapsed(shape: readonly number[], operands: readonly (readonly number[])[]): Axis[] {
  const axes: Axis[] = [];
  for (let i = 0; i < shape.length; i++) {
    if (shape[i] === 1) continue;
    const strides = operands.map((operand) => operand[i]);
    const last = axes.at(-1);
    if (last?.strides.every((stride, k) => stride === strides[k] * shape[i])) {
      last.length *= shape[i];
      last.strides = strides;
    } else axes.push({ length: shape[i], strides });
  }
  return axes;
}
