/**
 * @file Sparse distributed memory (Kanerva 1988) and its continuous relative: writing and reading are both universal
 * Hopfield networks over the same random addresses, z = P sep(sim(A, q)) with P = sum_mu sep(sim(A, x_mu)) x_mu.
 */
import { tensor } from '@tensorflow/tfjs';
import * as args from '../arguments.ts';
import { checkSteps, type Range, readBatch, readQueries, toBits } from '../hopfield/boundary.ts';
import type { AssociativeMemory, StoredMemory } from '../memory/associative.ts';
import { checkContents, heldIn } from '../memory/contents.ts';
import { checkNumbers, recallOptions } from '../memory/inputs.ts';
import { checkNames, type Names } from '../option-names.ts';
import { stream } from '../random.ts';
import { LARGEST, sizeOf } from '../shapes.ts';
import { project } from './network.ts';
import { separationParameter, separations } from './separations.ts';
import { compare } from './similarities.ts';

export interface SparseDistributedOptions {
  /** Hard locations. Default 1000. */
  locations?: number;
  /**
   * `binary` (default): addresses are random bits, a location is active within a Hamming radius, and the answer is the
   * sign of the counters' sum. `continuous`: addresses are random directions, their activation is softmax(beta cosine),
   * and the answer is the mean of what was written, by how much of it is reached.
   */
  kind?: 'binary' | 'continuous';
  /** Of `binary`. Default: the radius that activates about one location in twenty. */
  radius?: number;
  /** Of `continuous`. Default 10. */
  beta?: number;
  /** Default [-1, 1]. */
  range?: Range;
  /** Seed of the addresses, default 0. */
  seed?: number;
}

const OPTIONS: Names<SparseDistributedOptions> = {
  locations: args.whole(1),
  kind: args.oneOf(['binary', 'continuous']),
  radius: args.number,
  beta: args.positive,
  range: args.range,
  seed: args.number,
};

/**
 * Sparse distributed memory. `floats` counts the counters, locations times d (and for `continuous` what was written to each
 * location); the addresses are random and fixed. Recall is one read; `steps` more read again from the answer.
 *
 * @throws InputError for an invalid option; `store` and `recall` for other shapes than [count, ...patternShape]
 */
export function sparseDistributedMemory(options: SparseDistributedOptions = {}): AssociativeMemory {
  checkNames('sparseDistributed', options, OPTIONS);
  const { locations = 1000, kind = 'binary', beta, range = [-1, 1], seed = 0 } = options;
  const name = kind === 'binary' ? 'sdm' : 'sdm-continuous';
  const binary = kind === 'binary';
  const reader = (d: number, shape: number[]) => {
    checkNumbers(`${name}: ${locations} locations`, [locations, d], LARGEST);
    const radius = options.radius ?? Math.floor(d / 2 - 1.645 * Math.sqrt(d / 4));
    const random = stream(seed, 'sdm', 'addresses');
    const addresses = Float64Array.from({ length: locations * d }, () =>
      binary ? 2 * random.bit() - 1 : random.normal(),
    );
    const comparison = compare(binary ? 'hamming' : 'cosine', addresses, locations, d, { range: [-1, 1] });
    const separation = separations[binary ? 'threshold' : 'softmax'];
    const parameter = binary
      ? separationParameter('threshold', -radius)
      : separationParameter('softmax', beta ?? 10);
    const active = (x: Float32Array) => separation.weights(comparison.scores(x), parameter);
    return { active, d, shape };
  };
  const inside = (x: Float32Array) => (binary ? Float32Array.from(toBits(x, range)) : x);
  const stored = (
    { active, d, shape }: ReturnType<typeof reader>,
    counters: Float64Array,
    written: Float64Array,
  ): StoredMemory => {
    /** One read. Where nothing active was written to, and for a tie of bits, the query stays. */
    const read = (q: Float32Array) => {
      const weights = active(q);
      const out = project(weights, counters, d);
      const reached = weights.reduce((sum, weight, l) => sum + weight * written[l], 0);
      return Float32Array.from(q, (value, i) => {
        if (binary) return out[i] === 0 ? value : Math.sign(out[i]);
        return reached > 0 ? out[i] / reached : value;
      });
    };
    return {
      floats: locations * (binary ? d : d + 1),
      contents: () => ({
        patternShape: shape,
        tensors: {
          counters: { shape: [locations, d], values: Float32Array.from(counters) },
          ...(binary ? {} : { written: { shape: [locations], values: Float32Array.from(written) } }),
        },
      }),
      async recall(queries, options) {
        const { known, steps = 1 } = recallOptions(options);
        checkSteps(name, steps);
        const { mask, ...asked } = await readQueries(queries, known, { shape, range, noisy: true });
        const states = inside(asked.values).slice();
        for (let q = 0; q < asked.count; q++) {
          const x = states.subarray(q * d, (q + 1) * d);
          for (let step = 0; step < steps; step++) {
            const next = read(x);
            for (let i = 0; i < d; i++) if (!mask?.[q * d + i]) x[i] = next[i];
          }
        }
        const [low, high] = range;
        const out = states.map((state, i) => {
          if (mask?.[i]) return asked.values[i];
          return binary ? (state < 0 ? low : high) : state;
        });
        return { patterns: tensor(out, queries.shape, 'float32'), steps };
      },
    };
  };
  return {
    name,
    range,
    async store(patterns) {
      const { values, count, d, shape } = await readBatch('patterns', patterns, { range });
      const own = reader(d, shape);
      const counters = new Float64Array(locations * d);
      const written = new Float64Array(locations);
      const bits = inside(values);
      for (let mu = 0; mu < count; mu++) {
        const x = bits.subarray(mu * d, (mu + 1) * d);
        for (const [l, weight] of own.active(x).entries()) {
          if (weight === 0) continue;
          written[l] += weight;
          for (let i = 0; i < d; i++) counters[l * d + i] += weight * x[i];
        }
      }
      return stored(own, counters, written);
    },
    async restore(contents) {
      const shape = [...checkContents(name, contents).patternShape];
      const d = sizeOf(shape);
      const counters = heldIn(name, contents, 'counters', [locations, d]).values;
      const written = binary
        ? new Float32Array(locations)
        : heldIn(name, contents, 'written', [locations]).values;
      return stored(reader(d, shape), Float64Array.from(counters), Float64Array.from(written));
    },
  };
}
