/** @file Universal Hopfield networks as associative memories: any similarity with any separation. */
import { type Tensor, tensor } from '@tensorflow/tfjs';
import * as args from '../arguments.ts';
import { InputError } from '../errors.ts';
import {
  centre,
  checkSteps,
  fromBits,
  type Range,
  readBatch,
  readQueries,
  slots,
  toBits,
} from '../hopfield/boundary.ts';
import type { AssociativeMemory, StoredMemory } from '../memory/associative.ts';
import { keptPatterns, patternsIn } from '../memory/contents.ts';
import { checkRecalled } from '../memory/diverged.ts';
import { MOST_STEPS, recallOptions } from '../memory/inputs.ts';
import { checkNames, type Names } from '../option-names.ts';
import { restEnergy } from './dynamics.ts';
import { type UniversalNetwork, type UniversalOptions, universalNetwork } from './network.ts';
import { separationNames, separations } from './separations.ts';
import { similarities, similarityNames } from './similarities.ts';

export interface UniversalMemoryOptions extends UniversalOptions {
  /** Default `SIMILARITY-SEPARATION`. */
  name?: string;
  /** Updates of a recall, at most: 1 is the one-shot network, more iterate to a fixed point. Default 1. */
  steps?: number;
  /** Budget: holds only the first floor(floats / d) patterns. Default: holds all. */
  floats?: number;
}

export interface UniversalMemory extends AssociativeMemory {
  /**
   * Hetero-association: keys [patterns, ...keyShape] recall values [patterns, ...valueShape]; both in `range`. Recall is
   * one step and clamps nothing. `floats` counts both.
   */
  storePairs(keys: Tensor, values: Tensor): Promise<StoredMemory>;
}

/** An update that moves no entry further than this has arrived. */
const ARRIVED = 1e-6;

const OPTIONS: Names<UniversalMemoryOptions> = {
  similarity: args.required(args.oneOf(similarityNames)),
  separation: args.required(args.oneOf(separationNames)),
  parameter: args.number,
  readout: args.oneOf(['mean', 'sign']),
  normalise: args.flag,
  mode: args.oneOf(['correct', 'official']),
  range: args.range,
  form: args.oneOf(['negative', 'reciprocal']),
  smoothing: args.positive,
  name: args.label,
  steps: args.whole(1, MOST_STEPS),
  floats: args.whole(1),
};

/**
 * The memory z = P sep(sim(M, q)), applied once or iterated. It keeps its patterns, so `floats` is N d. Known entries are
 * clamped after every update. With the read-out `sign`, patterns are bits: entries are thresholded in the middle of the
 * range and become -1 and +1 inside. Where similarity and separation are differentiable, `energy` is that of `restEnergy`.
 *
 * @throws InputError for an invalid option; `store` for patterns that are not [patterns, ...patternShape] or a budget
 * below one pattern; `recall` for queries or known entries of another shape
 */
export function universalMemory(options: UniversalMemoryOptions): UniversalMemory {
  checkNames('universal', options, OPTIONS);
  const { similarity, separation, readout = 'mean', range = [0, 1], steps: ownSteps = 1 } = options;
  const name = options.name ?? `${similarity}-${separation}`;
  const network = (memories: Float32Array, count: number, d: number, values?: Float32Array) => {
    if (readout === 'mean') return universalNetwork(memories, count, d, { ...options, range }, values);
    const bits = (x?: Float32Array) => x && Float32Array.from(toBits(x, range));
    return universalNetwork(bits(memories)!, count, d, { ...options, range: [-1, 1] }, bits(values));
  };
  // Wrong names and parameters are told before anything is stored.
  network(new Float32Array(1), 1, 1).retrieve(new Float32Array(1));
  const recaller = { range, binary: readout === 'sign' };
  const stored = (values: Float32Array, shape: number[], d: number): StoredMemory => {
    const count = values.length / d;
    const held = network(values, count, d);
    const flows =
      options.mode !== 'official' && similarities[similarity].gradient && separations[separation].continuous;
    return {
      floats: count * d,
      contents: () => keptPatterns(centre(values, range), shape),
      async recall(queries, asked) {
        const { known, steps = ownSteps } = recallOptions(asked);
        return recall(held, queries, shape, known, checkSteps(name, steps), recaller);
      },
      ...(flows && readout === 'mean'
        ? {
            async energy(x: Tensor) {
              const points = await readBatch('x', x, { shape, range, noisy: true });
              const energy = restEnergy(held.comparison, separation, options.parameter);
              return Float32Array.from({ length: points.count }, (_, n) =>
                energy(points.values.subarray(n * d, (n + 1) * d)),
              );
            },
          }
        : {}),
    };
  };
  return {
    name,
    range,
    async store(patterns) {
      const { values, count: all, d, shape } = await readBatch('patterns', patterns, { range });
      const count = slots(name, all, d, options.floats ?? Number.POSITIVE_INFINITY);
      return stored(values.subarray(0, count * d), shape, d);
    },
    async restore(contents) {
      const { values, shape, d } = patternsIn(name, contents);
      return stored(uncentred(values, range), shape, d);
    },
    async storePairs(keys, values) {
      const from = await readBatch('keys', keys, { range });
      const to = await readBatch('values', values, { range });
      if (from.count !== to.count)
        throw new InputError(`${name}: ${from.count} keys and ${to.count} values, expected as many`);
      const count = slots(name, from.count, from.d + to.d, options.floats ?? Number.POSITIVE_INFINITY);
      const held = network(
        from.values.subarray(0, count * from.d),
        count,
        from.d,
        to.values.subarray(0, count * to.d),
      );
      return {
        floats: count * (from.d + to.d),
        contents: () => ({
          patternShape: from.shape,
          tensors: {
            keys: keptPatterns(centre(from.values.subarray(0, count * from.d), range), from.shape).tensors
              .patterns,
            values: keptPatterns(centre(to.values.subarray(0, count * to.d), range), to.shape).tensors
              .patterns,
          },
        }),
        recall: (queries) => recallPairs(held, queries, from.shape, to.shape, recaller),
      };
    },
  };
}

/** From [-1, 1] to the range. */
const uncentred = (values: Float32Array, [low, high]: Range) =>
  values.map((v) => low + ((v + 1) / 2) * (high - low));

interface Recaller {
  range: Range;
  binary: boolean;
}

async function recall(
  network: UniversalNetwork,
  queries: Tensor,
  shape: number[],
  known: Tensor | undefined,
  limit: number,
  { range, binary }: Recaller,
) {
  const { values, count, d, mask } = await readQueries(queries, known, { shape, range, noisy: true });
  const states = binary ? Float32Array.from(toBits(values, range)) : values.slice();
  const converged: boolean[] = [];
  let steps = 0;
  for (let q = 0; q < count; q++) {
    let x: Float64Array = Float64Array.from(states.subarray(q * d, (q + 1) * d));
    let change = Number.POSITIVE_INFINITY;
    for (let step = 1; step <= limit && change > ARRIVED; step++) {
      const next = network.retrieve(x);
      change = 0;
      for (let i = 0; i < d; i++) {
        if (mask?.[q * d + i]) next[i] = x[i];
        change = Math.max(change, Math.abs(next[i] - x[i]));
      }
      x = next;
      if (change > ARRIVED) steps = Math.max(steps, step);
    }
    states.set(x, q * d);
    converged.push(change <= ARRIVED);
  }
  const out = binary
    ? fromBits(Int8Array.from(states), range, values, mask)
    : states.map((state, i) => (mask?.[i] ? values[i] : state));
  return { patterns: tensor(checkRecalled('universal', out), queries.shape, 'float32'), steps, converged };
}

async function recallPairs(
  network: UniversalNetwork,
  queries: Tensor,
  keyShape: number[],
  valueShape: number[],
  { range, binary }: Recaller,
) {
  const { values, count, d } = await readQueries(queries, undefined, { shape: keyShape, range, noisy: true });
  const keys = binary ? Float32Array.from(toBits(values, range)) : values;
  const out = new Float32Array(count * network.width);
  for (let q = 0; q < count; q++) {
    out.set(network.retrieve(keys.subarray(q * d, (q + 1) * d)), q * network.width);
  }
  const [low, high] = range;
  const recalled = binary ? out.map((bit) => (bit < 0 ? low : high)) : out;
  return {
    patterns: tensor(checkRecalled('universal', recalled), [count, ...valueShape], 'float32'),
    steps: 1,
  };
}
