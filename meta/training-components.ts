/** @file Principal components of a task's training patterns: where coded memories begin, and what `modern-components` keeps. */
import type { Engine } from '../src/compile/index.ts';
import { type PrincipalComponents, principalComponents } from '../src/components.ts';
import { sizeOf } from '../src/shapes.ts';
import type { Task } from '../tasks/index.ts';
import { toRange } from './units.ts';

/** Patterns looked at, at most. */
const MOST = 16384;
/** Numbers in them, at most: 1 GiB of float32. */
const LARGEST = 2 ** 28;
/** Those of a task that draws without end. */
const ENDLESS = 4096;

/** Training patterns [n, d] in the given range, all different where the task says how many it has. */
export function trainingPatterns(task: Task, range: readonly [low: number, high: number]): Float32Array {
  const count = Math.min(
    task.sizes?.train ?? ENDLESS,
    MOST,
    Math.max(1, Math.floor(LARGEST / sizeOf(task.patternShape))),
  );
  return toRange(task.patterns('train', 0, 0, count), range);
}

/** The first `count` principal components of the task's training patterns. */
export function trainingComponents(
  task: Task,
  range: readonly [low: number, high: number],
  count: number,
  engine: Engine,
): Promise<PrincipalComponents> {
  return principalComponents(trainingPatterns(task, range), sizeOf(task.patternShape), count, engine);
}
