/** @file What an energy network is: a pure function of parameters and patterns, and the shapes of its parameters. */

import * as tf from '@tensorflow/tfjs';
import * as args from '../arguments.ts';
import { described } from '../arguments.ts';
import type { NamedTensors } from '../autodiff/index.ts';
import type { PrincipalComponents } from '../components.ts';
import { InputError } from '../errors.ts';
import { type Random, SEED, stream } from '../random.ts';
import { sizeOf } from '../shapes.ts';

/** Parameters by name. A writable one has a leading [episodes] axis once it has been written. */
export type Parameters = NamedTensors;

/** How a parameter starts, before any training. */
export type Initialiser =
  /** Normal with the given standard deviation. */
  | { normal: number }
  /** Normal with standard deviation sqrt(2 / fanIn) (He et al. 2015). */
  | { he: number }
  /** Normal with standard deviation sqrt(1 / fanIn) (LeCun et al. 1998), for saturating activations. */
  | { lecun: number }
  /** All equal. */
  | { constant: number }
  /** These values, in row-major order. */
  | { values: readonly number[] };

/**
 * Which numbers of a tensor count: all; of square matrices the symmetric part, d (d + 1) / 2; or that without its diagonal,
 * d (d - 1) / 2 (a hollow matrix).
 */
export type Packing = 'full' | 'symmetric' | 'hollow';

export interface ParameterSpec {
  /** Without the episodes axis. */
  shape: number[];
  init: Initialiser;
  /** Whether writing changes it. The floats of writable parameters are the memory. */
  writable: boolean;
  /** Of a writable one: whether writing starts from zeros always, instead of a learned start. */
  empty?: boolean;
  /** Which of its entries act. Default: all. */
  packing?: Packing;
  /** Numbers that it really holds, where that is fewer than its entries and `packing` does not say so. */
  floats?: number;
}

/** All that the framework asks of a network; `energy` may use any operation of `src/autodiff/operations.ts`. */
export interface EnergyNetwork {
  /** One pattern: [128], [32, 32, 1]. */
  patternShape: number[];
  parameters: Record<string, ParameterSpec>;
  /** x: [episodes, patterns, ...patternShape] to energies [episodes, patterns]. */
  energy(p: Parameters, x: tf.Tensor): tf.Tensor;
  /** What writing descends where that is not the energy itself; likewise [episodes, patterns]. */
  writingEnergy?(p: Parameters, x: tf.Tensor): tf.Tensor;
  /**
   * Logits of where x is not noise, [episodes, patterns, ...] with the axes of a pattern or 1 for those that share them, where the network
   * has an opinion: training can show it the truth (`training.noise`).
   */
  trust?(p: Parameters, x: tf.Tensor): tf.Tensor;
  /**
   * Written weights with room for `count` further patterns, where the network has places that patterns are assigned to, for instance slots
   * moved on so that the oldest are given up; only tensors that change.
   * @param written parameters, the writable ones with their [episodes] axis
   * @param initial parameters before anything was written
   */
  makeRoom?(written: Parameters, initial: Parameters, count: number): Parameters;
  /**
   * A bound from above on the curvature, in the writable weights, of the writing energies summed over patterns: [episodes],
   * all positive. It may depend on patterns and shared parameters, not on what has been written. Needed where
   * `write.divisor` is "curvature".
   */
  curvature?(p: Parameters, x: tf.Tensor): tf.Tensor;
  /** Shared parameters that begin, where training does, with what principal components of training patterns say. */
  principal?: PrincipalStart;
}

export interface PrincipalStart {
  /** Components wanted. */
  count: number;
  /** Initial values of some shared parameters, in row-major order. */
  start(components: PrincipalComponents): Record<string, Float32Array>;
}

export { sizeOf };

/** What every function of a network needs of it; `checkNetwork` looks closer. */
export const NETWORK = args.fields(
  {
    energy: args.callable,
    patternShape: args.shape,
    parameters: args.record(args.fields({ shape: args.axes })),
  },
  'an energy network: { patternShape, parameters, energy }',
);

/** Memory size: float32 numbers in writable parameters. */
export function writableFloats(network: EnergyNetwork): number {
  args.check('writableFloats', { network: [network, NETWORK] });
  return Object.values(network.parameters)
    .filter((spec) => spec.writable)
    .reduce((sum, { floats, shape, packing }) => sum + (floats ?? packedSize(shape, packing)), 0);
}

/** Numbers that a tensor of this shape and packing holds. */
export function packedSize(shape: readonly number[], packing: Packing = 'full'): number {
  const d = shape.at(-1) ?? 1;
  const all = sizeOf([...shape]);
  if (packing === 'full') return all;
  return ((all / d) * (packing === 'symmetric' ? d + 1 : d - 1)) / 2;
}

/** Initial values of every parameter; each has a random stream of its own, named after it. */
export function initialise(
  parameters: Record<string, ParameterSpec>,
  seed: number,
): Record<string, Float32Array> {
  args.check('initialise', {
    parameters: [parameters, args.record(args.fields({ shape: args.axes, init: args.object }))],
    seed: [seed, SEED],
  });
  return Object.fromEntries(
    Object.entries(parameters).map(([name, spec]) => [
      name,
      initialValues(spec, stream(seed, 'parameter', name)),
    ]),
  );
}

function initialValues({ shape, init }: ParameterSpec, random: Random): Float32Array {
  const size = sizeOf(shape);
  if ('constant' in init) return new Float32Array(size).fill(init.constant);
  if ('values' in init) return Float32Array.from(init.values);
  const deviation =
    'normal' in init ? init.normal : 'he' in init ? Math.sqrt(2 / init.he) : Math.sqrt(1 / init.lecun);
  return Float32Array.from({ length: size }, () => deviation * random.normal());
}

const packings: readonly string[] = ['full', 'symmetric', 'hollow'] satisfies Packing[];
const initialisers: readonly string[] = ['normal', 'he', 'lecun', 'constant', 'values'];
/** Names of the rule's parameters. */
const reserved = /^rule\./;

/**
 * Checks a network before anything is trained with it, by running its energy once on two patterns of two episodes.
 * @throws InputError saying what is wrong with it
 */
export function checkNetwork(network: EnergyNetwork, name: string): void {
  const fail = (what: string): never => {
    throw new InputError(`network "${name}": ${what}`);
  };
  if (!network || typeof network.energy !== 'function') fail('has no function energy(p, x)');
  if (
    !Array.isArray(network.patternShape) ||
    !network.patternShape.every((n) => Number.isInteger(n) && n > 0)
  ) {
    fail(`patternShape is ${JSON.stringify(network.patternShape)}, expected a list of positive integers`);
  }
  const specs = Object.entries(network.parameters ?? {});
  if (!specs.some(([, spec]) => spec?.writable))
    fail('has no writable parameter, so nothing can be stored in it');
  for (const [key, spec] of specs) {
    if (typeof spec !== 'object' || spec === null)
      fail(`parameter "${key}" is ${described(spec)}, expected { shape, init, writable }`);
    if (!Array.isArray(spec.shape) || !spec.shape.every((n) => Number.isInteger(n) && n > 0)) {
      fail(
        `parameter "${key}" has shape ${JSON.stringify(spec.shape)}, expected a list of positive integers`,
      );
    }
    const [kind, ...others] = Object.keys(spec.init ?? {});
    if (!initialisers.includes(kind) || others.length > 0) {
      fail(
        `parameter "${key}" has init ${JSON.stringify(spec.init)}, expected one of ${initialisers.join(', ')}`,
      );
    }
    const packing = spec.packing ?? 'full';
    if (!packings.includes(packing)) {
      fail(
        `parameter "${key}" has packing ${JSON.stringify(packing)}, expected one of ${packings.join(', ')}`,
      );
    }
    if (packing !== 'full' && (spec.shape.length < 2 || spec.shape.at(-1) !== spec.shape.at(-2))) {
      fail(`parameter "${key}" has packing ${packing} and shape [${spec.shape}], expected a square matrix`);
    }
    if (reserved.test(key)) fail(`parameter "${key}" has a name that ebmm uses itself`);
    if ('values' in spec.init && spec.init.values.length !== sizeOf(spec.shape)) {
      fail(`parameter "${key}" has ${spec.init.values.length} initial values for shape [${spec.shape}]`);
    }
  }
  const [episodes, patterns] = [2, 3];
  const shape = tf.tidy(() => {
    const p = Object.fromEntries(
      specs.map(([key, spec]) => [key, tf.zeros(spec.writable ? [episodes, ...spec.shape] : spec.shape)]),
    );
    let energies: unknown;
    try {
      energies = network.energy(p, tf.zeros([episodes, patterns, ...network.patternShape]));
    } catch (error) {
      fail(
        `its energy fails on patterns [${[episodes, patterns, ...network.patternShape]}]: ${firstLine(error)}`,
      );
    }
    return energies instanceof tf.Tensor ? energies.shape : undefined;
  });
  if (shape?.length !== 2 || shape[0] !== episodes || shape[1] !== patterns) {
    fail(
      `its energy of patterns [${[episodes, patterns, ...network.patternShape]}] has shape ${shape ? `[${shape}]` : 'none'}, expected [${episodes},${patterns}] (one number for each pattern)`,
    );
  }
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0];
}
