/** @file Writes again, in smaller steps, the episodes for which the trained steps are too large. */
import { stream } from '../random.ts';
import { boundedScale, HALVINGS, WILD } from './bounded.ts';
import type { Batch, CompiledModel, ParameterValues, StoredState } from './compiled-model.ts';

/** Told of every episode that is written in smaller steps than the trained ones, by which factor. */
export type Slowed = (episode: number, scale: number) => void;

export class SlowerWriting {
  readonly #compiled: CompiledModel;
  readonly #parameters: ParameterValues;
  readonly #trained?: number;
  #usual?: Promise<Record<string, number>>;

  /** @param trained most patterns at once that the memory was trained on, where known */
  constructor(compiled: CompiledModel, parameters: ParameterValues, trained?: number) {
    this.#compiled = compiled;
    this.#parameters = parameters;
    this.#trained = trained;
  }

  /** Writes again, into `state`, the episodes whose numbers left; returns whether there were any. */
  async correct(state: StoredState, patterns: Batch, slowed?: Slowed): Promise<boolean> {
    if (!this.#compiled.model.slower) return false;
    let some = false;
    for (let e = 0; e < patterns.episodes; e++) {
      const scale = await this.#correctEpisode(state, patterns, e);
      if (scale === 1) continue;
      some = true;
      slowed?.(e, scale);
    }
    return some;
  }

  /** The factor of the steps it was written with in the end; 1 where the trained ones serve. */
  async #correctEpisode(state: StoredState, patterns: Batch, episode: number): Promise<number> {
    const { model } = this.#compiled;
    const { values, episodes, count } = patterns;
    const own = partOf(values, episode, episodes);
    const bits = model.patternShape.length === 1 && own.every((v) => Math.abs(v) === 1);
    const trained = bits ? this.#trained : undefined;
    let { scale, unlike } = trained
      ? boundedScale(own, count, model.patternShape[0], trained)
      : { scale: 1, unlike: false };
    const usual = trained && unlike ? await this.#usualWeights(trained) : undefined;
    const diverges = () =>
      Object.entries(state).some(([name, all]) => {
        const largest = largestOf(partOf(all, episode, episodes));
        return !Number.isFinite(largest) || (usual && largest > WILD * usual[name]);
      });
    if (scale === 1 && !diverges()) return 1;
    if (scale === 1) scale = 0.5;
    // The same program: all its episodes are this one.
    const repeated = new Float32Array(values.length);
    for (let e = 0; e < episodes; e++) partOf(repeated, e, episodes).set(own);
    for (let k = 0; ; k++, scale /= 2) {
      const slower = model.slower!(this.#parameters, scale);
      const written = await this.#compiled.store(slower, { ...patterns, values: repeated });
      for (const [name, all] of Object.entries(written))
        partOf(state[name], episode, episodes).set(partOf(all, episode, episodes));
      if (k === HALVINGS || !diverges()) break;
    }
    return scale;
  }

  /** The largest written weight of each tensor, where as many patterns of fair bits are stored as in training. */
  #usualWeights(trained: number): Promise<Record<string, number>> {
    this.#usual ??= (async () => {
      const random = stream(0, 'usual weights');
      const [d] = this.#compiled.model.patternShape;
      const values = Float32Array.from({ length: trained * d }, () => 2 * random.bit() - 1);
      const patterns = { values, episodes: 1, count: trained };
      const state = await this.#compiled.store(this.#parameters, patterns);
      await this.correct(state, patterns);
      return Object.fromEntries(
        Object.entries(state).map(([name, all]) => [name, largestOf(all as Float32Array)]),
      );
    })();
    return this.#usual;
  }
}

/** A view of the numbers of one episode. */
function partOf(all: StoredState[string], episode: number, episodes: number): Float32Array {
  const each = all.length / episodes;
  return (all as Float32Array).subarray(episode * each, (episode + 1) * each);
}

/** The largest magnitude; NaN when one is. */
const largestOf = (values: Float32Array) =>
  values.reduce((most, v) => (Number.isNaN(v) ? v : Math.max(most, Math.abs(v))), 0);
