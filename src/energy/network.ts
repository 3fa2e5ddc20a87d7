/** @file What an energy network is: a pure function of parameters and patterns, and the shapes of its parameters. */

import * as tf from '@tensorflow/tfjs';
import * as args from '../arguments.ts';
import type { NamedTensors } from '../autodiff/index.ts';
import { trace } from '../compile/trace/trace-backend.ts';
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

const packings = ['full', 'symmetric', 'hollow'] as const satisfies readonly Packing[];

type InitialiserName = Initialiser extends infer I ? (I extends I ? keyof I : never) : never;
const INITIALISERS: Record<InitialiserName, args.Kind> = {
  normal: args.notNegative,
  he: args.positive,
  lecun: args.positive,
  constant: args.number,
  values: args.finiteNumbers,
};

const INIT: args.Kind = {
  wanted: `one of ${Object.keys(INITIALISERS).join(', ')}`,
  fault(value, at) {
    const [name, ...others] = args.object.fault(value, at) ? [] : Object.keys(value as object);
    if (name === undefined || others.length > 0 || !Object.hasOwn(INITIALISERS, name))
      return { at, value, wanted: INIT.wanted };
    const one = name as InitialiserName;
    return INITIALISERS[one].fault((value as Record<string, unknown>)[one], `${at}.${one}`);
  },
};

const SPEC: args.Kind = args.fields(
  {
    shape: args.dimensions,
    init: INIT,
    writable: args.flag,
    empty: args.optional(args.flag),
    packing: args.optional(args.oneOf(packings)),
    floats: args.optional(args.whole(0)),
  },
  '{ shape, init, writable }',
);

const METHOD = args.optional(args.callable);
/** What every function of a network needs of it; `checkNetwork` looks closer. */
export const NETWORK = args.fields(
  {
    energy: args.callable,
    patternShape: args.shape,
    parameters: args.record(SPEC),
    writingEnergy: METHOD,
    trust: METHOD,
    makeRoom: METHOD,
    curvature: METHOD,
    principal: args.optional(args.fields({ count: args.whole(1), start: args.callable })),
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
    parameters: [parameters, args.record(SPEC)],
    seed: [seed, SEED],
  });
  return Object.fromEntries(
    Object.entries(parameters).map(([name, spec]) => [
      name,
      initialValues(name, spec, stream(seed, 'parameter', name)),
    ]),
  );
}

function initialValues(name: string, { shape, init }: ParameterSpec, random: Random): Float32Array {
  const size = sizeOf(shape);
  if ('values' in init && init.values.length !== size)
    throw new InputError(`parameter "${name}" has ${init.values.length} initial values for shape [${shape}]`);
  if ('constant' in init) return new Float32Array(size).fill(init.constant);
  if ('values' in init) return Float32Array.from(init.values);
  const deviation =
    'normal' in init ? init.normal : 'he' in init ? Math.sqrt(2 / init.he) : Math.sqrt(1 / init.lecun);
  return Float32Array.from({ length: size }, () => deviation * random.normal());
}

/** Names of the rule's parameters. */
const reserved = /^rule\./;

/**
 * Checks a network before anything is trained with it: its parts, and the shape of its energies of three patterns in each of two
 * episodes, read off a trace, which computes nothing.
 * @param name what messages call it
 * @throws InputError saying what is wrong with it
 */
export function checkNetwork(network: EnergyNetwork, name: string): void {
  args.check('checkNetwork', { name: [name, args.label] });
  const what = `network "${name}"`;
  const fail = (fault: string): never => {
    throw new InputError(`${what}: ${fault}`);
  };
  if (typeof network?.energy !== 'function') fail('has no function energy(p, x)');
  const { patternShape, parameters = {} } = network;
  args.check(what, { patternShape: [patternShape, args.shape], parameters: [parameters, args.object] });
  const specs = Object.entries(parameters);
  for (const [key, spec] of specs) {
    args.check(what, { [`parameter "${key}"`]: [spec, SPEC] });
    const { shape, init, packing = 'full' } = spec;
    if (packing !== 'full' && (shape.length < 2 || shape.at(-1) !== shape.at(-2)))
      fail(`parameter "${key}" has packing ${packing} and shape [${shape}], expected a square matrix`);
    if (reserved.test(key)) fail(`parameter "${key}" has a name that ebmm uses itself`);
    if ('values' in init && init.values.length !== sizeOf(shape))
      fail(`parameter "${key}" has ${init.values.length} initial values for shape [${shape}]`);
  }
  if (!specs.some(([, spec]) => spec.writable))
    fail('has no writable parameter, so nothing can be stored in it');
  args.check(what, { it: [network, NETWORK] });
  const [episodes, patterns] = [2, 3];
  const x = [episodes, patterns, ...patternShape];
  let shape: readonly number[] | undefined;
  try {
    shape = energyShape(network, episodes, x);
  } catch (error) {
    fail(`its energy fails on patterns [${x}]: ${firstLine(error)}`);
  }
  if (shape?.length !== 2 || shape[0] !== episodes || shape[1] !== patterns) {
    fail(
      `its energy of patterns [${x}] has shape ${shape ? `[${shape}]` : 'none'}, expected [${episodes},${patterns}] (one number for each pattern)`,
    );
  }
}

/** The shape of the energies of patterns of shape `x`; undefined where what comes is no tensor. */
function energyShape(network: EnergyNetwork, episodes: number, x: number[]): readonly number[] | undefined {
  const shapes = Object.fromEntries(
    Object.entries(network.parameters).map(([name, { shape, writable }]) => [
      name,
      writable ? [episodes, ...shape] : shape,
    ]),
  );
  let found: readonly number[] | undefined;
  const look = (p: Parameters, patterns: tf.Tensor) => {
    const energies: unknown = network.energy(p, patterns);
    found = energies instanceof tf.Tensor ? energies.shape : undefined;
  };
  const specs = Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [`p:${name}`, { shape }]));
  try {
    trace(
      (inputs) => {
        look(Object.fromEntries(Object.keys(shapes).map((name) => [name, inputs[`p:${name}`]])), inputs.x);
        return {};
      },
      { ...specs, x: { shape: x } },
    );
  } catch {
    // What only the tfjs engine can do, or nobody: computed, it tells by itself.
    tf.tidy(() => {
      const zeros = Object.entries(shapes).map(([name, shape]) => [name, tf.zeros(shape)] as const);
      look(Object.fromEntries(zeros), tf.zeros(x));
    });
  }
  return found;
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0];
}
