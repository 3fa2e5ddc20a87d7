/** @file What a learned memory stored of one episode. */
import * as tf from '@tensorflow/tfjs';
import type { Recall, RecallOptions, StoredMemory } from './associative.ts';
import type { Iterates, StoredState } from './compiled-model.ts';
import type { Contents } from './contents.ts';
import { type Range, readBatch, readQueries, recallOptions } from './inputs.ts';
import type { MemoryModel } from './model.ts';

/** The memory that stored it, as far as it is asked. */
interface Reader {
  readonly floats: number;
  readonly range?: Range;
  readonly model: MemoryModel;
  readonly holdsParameters: boolean;
  energies(state: StoredState, x: Float32Array, episodes: number, count: number): Promise<Float32Array>;
  contentsOf(state: StoredState): Contents;
  read(
    state: StoredState,
    queries: Float32Array,
    episodes: number,
    count: number,
    options: { known?: Float32Array; steps?: number; trace?: boolean },
  ): Promise<Iterates>;
}

export class StoredEpisode implements StoredMemory {
  readonly floats: number;
  readonly #memory: Reader;
  readonly #state: StoredState;
  readonly energy?: (x: tf.Tensor) => Promise<Float32Array>;

  constructor(memory: Reader, state: StoredState) {
    this.#memory = memory;
    this.#state = state;
    this.floats = memory.floats;
    if (memory.model.energy) {
      const shape = memory.model.patternShape;
      this.energy = async (x) => {
        const { values, count } = await readBatch('x', x, { shape, range: memory.range, noisy: true });
        return memory.energies(state, values, 1, count);
      };
    }
  }

  contents(): Contents {
    return this.#memory.contentsOf(this.#state);
  }

  async recall(queries: tf.Tensor, options?: RecallOptions): Promise<Recall> {
    const { known, steps, trace } = recallOptions(options);
    const memory = this.#memory;
    const { patternShape: shape } = memory.model;
    const noisy = memory.holdsParameters;
    const { values, count, mask } = await readQueries(queries, known, { shape, range: memory.range, noisy });
    const { iterates, energies } = await memory.read(this.#state, values, 1, count, {
      known: mask && Float32Array.from(mask),
      steps,
      trace,
    });
    return {
      patterns: tf.tensor(iterates.at(-1) ?? values, queries.shape),
      energies: energies.length > 0 ? energies.map((e) => Array.from(e)) : undefined,
      steps: steps ?? memory.model.steps,
    };
  }
}
