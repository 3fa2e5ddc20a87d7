/**
 * @file A learned diffusion model as an associative memory: storing trains its network on the patterns from scratch, by
 * thousands of gradient steps, and all weights are its memory.
 */
import * as tf from '@tensorflow/tfjs';
import type { Engine, NamedTensors, TensorFunction } from '../src/compile/index.ts';
import {
  type Denoiser,
  denoise,
  learnedEnergy,
  learnedModel,
  type ScoreNetwork,
} from '../src/diffusion/index.ts';
import { readBatch } from '../src/hopfield/boundary.ts';
import type { AssociativeMemory } from '../src/memory/associative.ts';
import { LearnedMemory } from '../src/memory/learned-memory.ts';
import { sizeOf } from '../src/shapes.ts';
import { trainedParameters } from './checkpoint.ts';
import { configSchema } from './config.ts';
import { makeScoreNetwork, recallOf, type ScoreNetworkConfig } from './diffusion-config.ts';
import { diffusionLearner } from './diffusion-learner.ts';
import { Trainer } from './trainer.ts';

export interface DiffusionTraining {
  network: ScoreNetworkConfig;
  /** Gradient steps that store a set of patterns. */
  steps: number;
  engine: Engine;
  seed: number;
  /** Peak rate, default 0.002. */
  learningRate?: number;
  /** What follows the warm-up, default cosine; with a constant rate the state after n steps does not depend on how many follow. */
  decay?: 'cosine' | 'constant';
}

/** Looks at a network during its training. */
export interface Snapshots {
  /** Steps after which it is looked at. */
  at: readonly number[];
  /** @returns whether training may end here */
  see(step: number, parameters: Record<string, Float32Array>): Promise<boolean>;
}

/** A trained score network and what training took. */
export interface TrainedScore {
  network: ScoreNetwork;
  parameters: Record<string, Float32Array>;
  /** Seconds of training, compilation not counted. */
  seconds: number;
  /** Mean loss of the last tenth of training. */
  loss: number;
}

/**
 * Trains networks of one kind, one after another, each from scratch on patterns [count, ...patternShape] in [-1, 1]; the
 * update is compiled once. The same seed gives the same weights.
 */
export function scoreTrainer(
  patternShape: number[],
  { network: config, steps, engine, seed, learningRate = 0.002, decay = 'cosine' }: DiffusionTraining,
): (patterns: Float32Array, snapshots?: Snapshots) => Promise<TrainedScore> {
  const network = makeScoreNetwork(config, patternShape);
  const training = configSchema.shape.training.parse({
    steps,
    episodes: 1,
    learning_rate: learningRate,
    warmup: Math.min(100, Math.ceil(steps / 20)),
    average: 0.995,
    decay,
  });
  let step: TensorFunction | undefined;
  return async (patterns, snapshots) => {
    const looks = new Set(snapshots?.at);
    const learner = diffusionLearner({ network, patterns, batch: config.batch, seed });
    const trainer = new Trainer({ training, learner, engine, seed, step });
    step = trainer.step;
    const tail: number[] = [];
    for (let update = 1; update <= steps; update++) {
      const { loss } = await trainer.update();
      if (update > 0.9 * steps) tail.push(loss);
      if (looks.has(update) && (await snapshots!.see(update, trainedParameters(trainer.state)))) {
        if (tail.length === 0) tail.push(loss);
        break;
      }
    }
    return {
      network,
      parameters: trainedParameters(trainer.state),
      seconds: trainer.state.seconds,
      loss: tail.reduce((a, b) => a + b, 0) / tail.length,
    };
  };
}

const denoiserFunctions = new WeakMap<ScoreNetwork, TensorFunction>();

/** One function for each network, so that the engine knows it again under other parameters. */
function denoiserFunction(network: ScoreNetwork): TensorFunction {
  const known = denoiserFunctions.get(network);
  if (known) return known;
  const f = ({ x, level, ...inputs }: NamedTensors): NamedTensors => {
    const p = Object.fromEntries(Object.keys(network.parameters).map((name) => [name, inputs[`p:${name}`]]));
    const levels = tf.tile(level, [x.shape[0]]);
    const means = denoise(network, p, x, levels);
    return network.potential ? { means, energies: learnedEnergy(network, p, x, levels) } : { means };
  };
  denoiserFunctions.set(network, f);
  return f;
}

/** The denoiser of a trained network, for `retrieve`; with energies where it has a potential. */
export function learnedDenoiser(
  network: ScoreNetwork,
  parameters: Record<string, Float32Array>,
  engine: Engine,
): Denoiser {
  const specs = Object.entries(network.parameters).map(
    ([name, { shape }]) => [`p:${name}`, { shape }] as const,
  );
  const values = Object.fromEntries(Object.entries(parameters).map(([name, value]) => [`p:${name}`, value]));
  const f = denoiserFunction(network);
  const d = network.patternShape.reduce((a, b) => a * b, 1);
  return async (x, noise) => {
    const program = await engine.compile(f, {
      ...Object.fromEntries(specs),
      x: { shape: [x.length / d, ...network.patternShape] },
      level: { shape: [1] },
    });
    const { scale, variance } = noise;
    const outputs = await program.run({
      ...values,
      x: Float32Array.from(x, (value) => value / scale),
      level: new Float32Array([variance / (scale * scale)]),
    });
    return {
      means: outputs.means as Float32Array,
      // in the units of a state of that scale, as the exact energy is
      energies: outputs.energies && Array.from(outputs.energies, (energy) => Number(energy) * scale * scale),
    };
  };
}

/**
 * The memory. `floats` counts all weights. Recall is the probability flow or repeated denoising, as the network's
 * configuration says; patterns lie in [-1, 1].
 */
export function trainedDiffusion(options: DiffusionTraining & { name?: string }): AssociativeMemory {
  const { name = 'diffusion-learned', engine, network: config } = options;
  /** By the shape of a pattern: what the first store compiles serves every later one. */
  const kinds = new Map<string, ReturnType<typeof kindOf>>();
  const kindOf = (shape: number[]) => {
    const train = scoreTrainer(shape, options);
    const model = learnedModel(makeScoreNetwork(config, shape), recallOf(config));
    const empty = Object.entries(model.parameters).map(
      ([key, spec]) => [key, new Float32Array(sizeOf(spec.shape))] as const,
    );
    const first = new LearnedMemory({ name, model, parameters: Object.fromEntries(empty), engine });
    return {
      first,
      trained: async (patterns: Float32Array) => first.withParameters((await train(patterns)).parameters),
    };
  };
  const kindFor = (shape: number[]) => {
    const kind = kinds.get(shape.join()) ?? kindOf(shape);
    kinds.set(shape.join(), kind);
    return kind;
  };
  return {
    name,
    range: [-1, 1],
    async store(patterns) {
      const { values, shape } = await readBatch('patterns', patterns);
      return (await kindFor(shape).trained(values)).store(patterns);
    },
    restore: (contents) => kindFor([...contents.patternShape]).first.restore(contents),
  };
}

/**
 * Learned diffusion models that an episode is stored in, by name: a perceptron or a potential, 2,000 steps with 128 noisy
 * patterns in each.
 */
export const trainedRivals = {
  'diffusion-learned': (options: RivalTraining) => rival('diffusion-learned', 'score-mlp', options),
  'diffusion-energy': (options: RivalTraining) => rival('diffusion-energy', 'score-energy', options),
};

export type TrainedRivalName = keyof typeof trainedRivals;

type RivalTraining = Pick<DiffusionTraining, 'engine' | 'seed'>;

const rival = (name: string, network: string, options: RivalTraining) =>
  trainedDiffusion({
    ...options,
    name,
    network: configSchema.shape.network.parse({ name: network, batch: 128 }) as ScoreNetworkConfig,
    steps: 2000,
  });
