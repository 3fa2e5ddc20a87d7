/** @file The exact diffusion of its patterns as an associative memory. It keeps them, as a modern Hopfield network does. */
import { type Tensor, tensor } from '@tensorflow/tfjs';
import * as args from '../arguments.ts';
import { centre, checkSteps, type Range, readBatch, readQueries, uncentre } from '../hopfield/boundary.ts';
import { alignTraces } from '../hopfield/dynamics.ts';
import { keptMemory } from '../hopfield/kept.ts';
import type { AssociativeMemory, Recall, StoredMemory } from '../memory/associative.ts';
import { keptPatterns } from '../memory/contents.ts';
import { checkRecalled } from '../memory/diverged.ts';
import { recallOptions } from '../memory/inputs.ts';
import { checkNames, type Names } from '../option-names.ts';
import { condition } from './conditioning.ts';
import { type PatternDiffusion, patternDiffusion } from './exact.ts';
import { ladder, type Noise, type ProcessName, processes } from './process.ts';
import {
  type Completion,
  completions,
  type Denoiser,
  erased,
  type Method,
  methods,
  retrieve,
} from './retrieval.ts';

export interface DiffusionMemoryOptions {
  name?: string;
  /** Default `sde`. */
  method?: Method;
  /**
   * What a query is taken to be, for patterns y in [-1, 1]. `exploding` (default): y + noise. `preserving`: a y + noise of
   * variance 1 - a^2, as are bits that are flipped with probability (1 - a) / 2.
   */
  process?: ProcessName;
  /** Relative variance v / a^2 of that noise, default 1. Bits of which half are redrawn have 1 exploding, 3 preserving. */
  start?: number;
  /** Relative variance at the last step, default 0.01. Equal to `start`: beta is fixed. */
  end?: number;
  /** How known entries enter: `replacement` (default), `erasure`, or `conditioning`, which is exact. */
  completion?: Completion | 'conditioning';
  /** Values its patterns lie in, default [-1, 1]. Any other range is mapped to [-1, 1] inside, and back. */
  range?: Range;
  /** Holds only the first floor(floats / d) patterns. Default: holds all. */
  floats?: number;
  /** Seed of the noise, default 0. */
  seed?: number;
}

const OPTIONS: Names<DiffusionMemoryOptions> = {
  name: args.label,
  method: args.oneOf(methods),
  process: args.oneOf(Object.keys(processes)),
  start: args.positive,
  end: args.positive,
  completion: args.oneOf([...completions, 'conditioning']),
  range: args.range,
  floats: args.whole(1),
  seed: args.number,
};

/** Levels of noise, by default. */
const defaultSteps = 32;

/**
 * Exact diffusion memory; `floats` is N d. Recall takes `steps` levels of noise (default 32); its energies are those of
 * `PatternDiffusion`, on patterns mapped to [-1, 1], at the noise of each step, and with exact conditioning of the free
 * entries alone. `energy` is at the last level of noise.
 *
 * @throws InputError for an invalid option; `store` for patterns that are not [patterns, ...patternShape] or a budget
 * below one pattern; `recall` for queries or known entries of another shape.
 */
export function diffusionMemory(options: DiffusionMemoryOptions = {}): AssociativeMemory {
  checkNames('diffusion', options, OPTIONS);
  const {
    method = 'sde',
    process = 'exploding',
    start = 1,
    end = 0.01,
    completion = 'replacement',
  } = options;
  const {
    name = 'diffusion',
    range = [-1, 1],
    seed = 0,
    floats: budget = Number.POSITIVE_INFINITY,
  } = options;
  const levelsOf = (steps: number) => ladder(processes[process](), start, end, steps);
  levelsOf(1);
  const stored = (kept: Float32Array, shape: number[], d: number): StoredMemory => {
    const count = kept.length / d;
    const whole = patternDiffusion(kept, count, d);
    return {
      floats: count * d,
      contents: () => keptPatterns(kept, shape),
      async recall(queries, options) {
        const { known, steps = defaultSteps } = recallOptions(options);
        const levels = levelsOf(checkSteps(name, steps, 1));
        const { values, mask } = await readQueries(queries, known, { shape, range, noisy: true });
        const centred = centre(values, range);
        const recalled =
          mask && completion === 'conditioning'
            ? await recallConditioned(kept, count, d, centred, mask, method, levels, seed)
            : await retrieve(
                denoiserOf(whole),
                mask && completion === 'erasure' ? erased(centred, mask) : centred,
                d,
                { method, levels, known: mask, seed },
              );
        return answer(queries, values, recalled, mask, range, steps);
      },
      async energy(x) {
        const points = await readBatch('x', x, { shape, range, noisy: true });
        const values = centre(points.values, range);
        const last = levelsOf(defaultSteps)[defaultSteps - 1];
        return Float32Array.from({ length: points.count }, (_, n) =>
          whole.energy(
            values.subarray(n * d, (n + 1) * d).map((v) => v * last.scale),
            last,
          ),
        );
      },
    };
  };
  return keptMemory({ name, range, budget }, stored);
}

/** The exact denoiser of states [n, d]. */
export function denoiserOf(diffusion: PatternDiffusion): Denoiser {
  const { d } = diffusion;
  return (x, noise) => {
    const means = new Float64Array(x.length);
    const energies: number[] = [];
    for (let at = 0; at < x.length; at += d) {
      const state = x.subarray(at, at + d);
      energies.push(diffusion.posteriorMean(state, noise, means.subarray(at, at + d)));
    }
    return { means, energies };
  };
}

/** Every query knows other entries, so each has a diffusion of its own. */
async function recallConditioned(
  patterns: Float32Array,
  count: number,
  d: number,
  queries: Float32Array,
  known: ArrayLike<number>,
  method: Method,
  levels: Noise[],
  seed: number,
) {
  const states = Float64Array.from(queries);
  const traces: number[][] = [];
  for (let q = 0; q < queries.length / d; q++) {
    const query = queries.subarray(q * d, (q + 1) * d);
    const own = Array.from(query, (_, i) => known[q * d + i]);
    const { diffusion, free } = condition(patterns, count, d, query, own);
    if (free.length === 0) {
      traces.push([0]);
      continue;
    }
    const start = free.map((i) => query[i]);
    const result = await retrieve(denoiserOf(diffusion), start, free.length, {
      method,
      levels,
      seed: `${seed}/query ${q}`,
    });
    for (const [k, i] of free.entries()) states[q * d + i] = result.states[k];
    traces.push(result.energies!.map(([energy]) => energy));
  }
  return { states, energies: alignTraces(traces).energies };
}

function answer(
  queries: Tensor,
  values: Float32Array,
  { states, energies }: { states: Float64Array; energies?: number[][] },
  known: ArrayLike<number> | undefined,
  range: Range,
  steps: number,
): Recall {
  const patterns = checkRecalled('diffusion', uncentre(states, range, values, known), energies);
  return { patterns: tensor(patterns, queries.shape, 'float32'), energies, steps };
}
