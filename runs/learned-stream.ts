/** @file Several streams of patterns at once in a learned memory: added in batches, then asked for. */
import { toRange } from '../meta/units.ts';
import type { StoredState } from '../src/memory/compiled-model.ts';
import type { LearnedMemory } from '../src/memory/learned-memory.ts';
import { sizeOf } from '../src/shapes.ts';
import type { Batch } from '../tasks/index.ts';

/** Patterns `from` to `to` of every episode. */
export function partOf(values: Float32Array, shape: number[], from: number, to: number): Float32Array {
  const [episodes, count, ...one] = shape;
  const size = sizeOf(one);
  const part = new Float32Array(episodes * (to - from) * size);
  for (let e = 0; e < episodes; e++) {
    const start = (e * count + from) * size;
    part.set(values.subarray(start, start + (to - from) * size), e * (to - from) * size);
  }
  return part;
}

export class LearnedStream {
  readonly floats: number;
  readonly #memory: LearnedMemory;
  readonly #drawn: Batch;
  #state?: StoredState;

  constructor(memory: LearnedMemory, drawn: Batch) {
    this.#memory = memory;
    this.#drawn = drawn;
    this.floats = memory.floats;
  }

  #part(values: Float32Array, from: number, to: number, { range } = this.#memory) {
    return toRange(partOf(values, this.#drawn.shape, from, to), range);
  }

  /** @throws DivergedError when what is held is not finite */
  async add(from: number, to: number): Promise<void> {
    const { patterns, shape } = this.#drawn;
    this.#state = await this.#memory.writeMore(
      this.#state,
      this.#part(patterns, from, to),
      shape[0],
      to - from,
    );
  }

  /** @throws DivergedError when what is recalled is not finite */
  async recall(from: number, to: number, told: boolean): Promise<Float32Array> {
    const { queries, known, shape } = this.#drawn;
    const options = told ? { known: partOf(known, shape, from, to) } : {};
    const asked = this.#part(queries, from, to);
    const { iterates } = await this.#memory.read(this.#state!, asked, shape[0], to - from, options);
    return iterates.at(-1)!;
  }

  dispose(): void {}
}
