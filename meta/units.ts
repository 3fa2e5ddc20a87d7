/** @file Between the task's values in [0, 1] and a memory's range, and the error in the task's unit. */
import { sizeOf } from '../src/shapes.ts';
import type { Task } from '../tasks/index.ts';

/** Maps values in [0, 1] to [low, high]. */
export function toRange(values: Float32Array, [low, high]: readonly [number, number]): Float32Array {
  return values.map((v) => low + v * (high - low));
}

/** Maps values in [low, high] to [0, 1]. */
export function fromRange(values: Float32Array, [low, high]: readonly [number, number]): Float32Array {
  return values.map((v) => (v - low) / (high - low));
}

/**
 * Error of each pattern, in the task's unit. A value that is not a number counts as wrong.
 * @param recalled in `range`
 * @param patterns in [0, 1]
 */
export function patternErrors(
  task: Pick<Task, 'unit' | 'patternShape'>,
  range: readonly [number, number],
  recalled: Float32Array,
  patterns: Float32Array,
): Float64Array {
  const size = sizeOf(task.patternShape);
  const [low, high] = range;
  const middle = (low + high) / 2;
  const errors = new Float64Array(patterns.length / size);
  for (let i = 0; i < patterns.length; i++) {
    const p = Math.floor(i / size);
    if (task.unit === 'bits') {
      const right = patterns[i] > 0.5 ? recalled[i] > middle : recalled[i] <= middle;
      errors[p] += right ? 0 : 1;
    } else {
      const difference = (recalled[i] - low) / (high - low) - patterns[i];
      errors[p] += difference * difference;
    }
  }
  return errors;
}

/** Mean over patterns of `patternErrors`. */
export function recallError(...arguments_: Parameters<typeof patternErrors>): number {
  const errors = patternErrors(...arguments_);
  return errors.reduce((a, b) => a + b, 0) / errors.length;
}
