/** @file One stretch of memory for all buffers of a program: what is no longer read makes room for what is written next. */

import type { Step } from '../emit/steps/step.ts';
import type { Buffer } from '../layout/places.ts';

/** Numbers of a cache line, at which every buffer starts. */
const LINE = 16;

/**
 * Gives every buffer its offset.
 * @param given buffers that are written before the first step
 * @param kept buffers that are read after the last
 * @param from the first number that is free
 * @returns the numbers of memory that are needed
 */
export function layOut(
  steps: readonly Step[],
  given: readonly Buffer[],
  kept: readonly Buffer[],
  from: number,
): number {
  const life = new Map<Buffer, { first: number; last: number }>();
  const used = (buffer: Buffer, when: number) => {
    const known = life.get(buffer);
    if (known) known.last = when;
    else life.set(buffer, { first: when, last: when });
  };
  for (const buffer of given) used(buffer, -1);
  for (let when = 0; when < steps.length; when++) {
    for (const buffer of steps[when].reads) used(buffer, when);
    for (const buffer of steps[when].writes) used(buffer, when);
  }
  for (const buffer of kept) used(buffer, steps.length);
  let end = from;
  const pinned = [...life.keys()].filter(({ values }) => values !== undefined);
  for (const buffer of pinned) {
    buffer.offset = end;
    end += lines(buffer.size);
    life.delete(buffer);
  }
  const heap = new Heap(end);
  const starting = [...life].sort(([, a], [, b]) => a.first - b.first);
  const ending = [...life].sort(([, a], [, b]) => a.last - b.last);
  let next = 0;
  for (const [buffer, { first }] of starting) {
    while (ending[next][1].last < first) {
      const [done] = ending[next++];
      heap.free(done.offset, lines(done.size));
    }
    buffer.offset = heap.take(lines(buffer.size));
  }
  return heap.end;
}

const lines = (size: number) => Math.max(1, Math.ceil(size / LINE)) * LINE;

/** Takes the smallest gap that fits. */
class Heap {
  end: number;
  /** In order. */
  #gaps: { offset: number; size: number }[] = [];

  constructor(from: number) {
    this.end = from;
  }

  take(size: number): number {
    let best = -1;
    let least = Infinity;
    for (let i = 0; i < this.#gaps.length; i++) {
      const gap = this.#gaps[i];
      if (gap.size < size || gap.size >= least) continue;
      best = i;
      least = gap.size;
    }
    if (best < 0) {
      const last = this.#gaps.at(-1);
      const open = last && last.offset + last.size === this.end ? last : undefined;
      const offset = open ? open.offset : this.end;
      if (open) this.#gaps.pop();
      this.end = offset + size;
      return offset;
    }
    const gap = this.#gaps[best];
    const { offset } = gap;
    if (gap.size === size) this.#gaps.splice(best, 1);
    else {
      gap.offset += size;
      gap.size -= size;
    }
    return offset;
  }

  free(offset: number, size: number): void {
    let i = this.#gaps.findIndex((gap) => gap.offset > offset);
    if (i < 0) i = this.#gaps.length;
    this.#gaps.splice(i, 0, { offset, size });
    const join = (k: number) => {
      const [a, b] = [this.#gaps[k], this.#gaps[k + 1]];
      if (!a || !b || a.offset + a.size !== b.offset) return;
      a.size += b.size;
      this.#gaps.splice(k + 1, 1);
    };
    join(i);
    join(i - 1);
  }
}
