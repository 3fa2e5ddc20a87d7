/** @file Functions of a batch that may be computed in parts at once. */

import { type InputSpec, liveNodes, type Node, sizeOf } from '../graph/graph.ts';
import { binaryFunctions, unaryFunctions } from '../graph/scalar.ts';
import type { NamedTensors, NamedValues, Split, TensorFunction } from '../program/engine.ts';
import type { Trace } from '../trace/trace-backend.ts';

export type { Split } from '../program/engine.ts';

/** What `Split.whole` calls the mean of an output of the parts. */
export const meanName = (name: string) => `mean:${name}`;

/** The length of the batch. */
export const lengthOf = ({ batch }: Split, specs: Record<string, InputSpec>): number =>
  specs[batch[0]]?.shape[0] ?? 1;

/** The outputs of the parts of a split that are added up. */
export const addedOf = ({ stacked }: Split, { outputs }: Pick<Trace, 'outputs'>): string[] =>
  stacked === 'all' ? [] : Object.keys(outputs).filter((name) => !stacked.includes(name));

/** Of functions whose outputs all have the batch's axis: computed example by example, with nothing to be done in the end. */
export const byExample = (
  f: TensorFunction,
  shared: readonly string[],
  batch: readonly string[],
): TensorFunction => {
  const split: Split = { batch, shared, part: (inputs) => f(inputs), stacked: 'all', whole: () => ({}) };
  return Object.assign((inputs: NamedTensors) => f(inputs), { split });
};

/** How a batch is cut: into parts, whose results are added up in their order, and each of them into pieces, computed in turn. */
export interface Cut {
  parts: number;
  /** Pieces of a part. */
  pieces: number;
}

/** Parts that threads can share; more cost more to add up. */
const PARTS = 16;
/** Where so few equal parts can be made that threads would wait, more than PARTS may be made, up to this many times. */
const [FEW, MANY] = [6, 4];
/** Numbers that the results of all parts may hold together. */
const HELD = 2 ** 26;

const divisors = (length: number) => Array.from({ length }, (_, i) => i + 1).filter((n) => length % n === 0);

/** Into how many equal parts so many pieces are best put, if all have `sums` numbers to add up. */
function partsOf(pieces: number, sums: number): number {
  const room = Math.max(1, Math.floor(HELD / Math.max(1, sums)));
  const all = divisors(pieces).filter((n) => n <= room);
  const parts = all.findLast((n) => n <= PARTS) ?? 1;
  return parts >= FEW ? parts : (all.find((n) => n > PARTS && n <= MANY * PARTS) ?? parts);
}

/** What decides how far a part is cut. Measured on one machine. */
export interface Costs {
  /** Numbers in the largest tensor that fits, with those it is computed with, into a core's own cache. */
  fits: number;
  /** Seconds that an operation costs however small it is. */
  operation: number;
  /** Seconds that a number of a larger tensor costs more than one of a tensor that fits. */
  number: number;
  /** Seconds for each entry of a matrix that rows of all episodes are multiplied with, every time it is brought in order. */
  entry: number;
}

export const runtimeCosts: Costs = { fits: 2 ** 17, operation: 3e-6, number: 4e-10, entry: 1.8e-9 };

/** Numbers that machine code computes in a time next to which calling it is nothing. */
const ENOUGH = 200_000;

/**
 * How the project's own kernels best compute a batch: example by example, which keeps their tensors in the cache, unless they are tiny.
 * From sizes alone, never from the number of threads: the same program gives the same numbers everywhere.
 * @param outputs of one example
 * @param length of the batch
 * @param sums numbers that every part gives to be added up
 * @param wanted parts, a divisor of the length
 */
export function cutForKernels(outputs: readonly Node[], length: number, sums: number, wanted?: number): Cut {
  const numbers = liveNodes(outputs).reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  const enough = (examples: number) => examples * numbers >= ENOUGH;
  if (wanted !== undefined) {
    const examples = divisors(length / wanted).find(enough) ?? length / wanted;
    return { parts: wanted, pieces: length / wanted / examples };
  }
  const pieces = length / (divisors(length).find(enough) ?? length);
  const parts = partsOf(pieces, sums);
  return { parts, pieces: pieces / parts };
}

/** @param look traces a piece of so many examples */
export function kernelCut(
  split: Split,
  look: (examples: number) => Trace,
  length: number,
  wanted = split.parts,
): Cut {
  const { outputs } = look(1);
  const sums = addedOf(split, { outputs }).reduce((sum, name) => sum + sizeOf(outputs[name].shape), 0);
  return cutForKernels(Object.values(outputs), length, sums, wanted);
}

/** Parts that onnxruntime, for which small ones are slow, computes a batch in. */
const SESSION_PARTS = 4;

/** @param look traces a piece of so many examples */
export function sessionCut(
  split: Split,
  look: (examples: number) => Trace,
  length: number,
  wanted = split.parts,
): Cut {
  const parts = wanted ?? divisors(length).findLast((n) => n <= SESSION_PARTS) ?? 1;
  const { inputs, outputs } = look(length / parts);
  const batch = split.batch.map((name) => inputs[name]);
  return { parts, pieces: inTurn(Object.values(outputs), batch, length / parts) };
}

/**
 * Into how many parts one after the other a part is best cut again: smaller tensors stay in the cache, more operations cost
 * more. From sizes alone, so that the same program gives the same numbers everywhere.
 * @param batch the inputs that would be cut
 * @param length of their first axis
 */
export function inTurn(
  outputs: readonly Node[],
  batch: readonly Node[],
  length: number,
  costs = runtimeCosts,
): number {
  const live = liveNodes(outputs);
  const working = live.filter(({ op }) => op in unaryFunctions || op in binaryFunctions || op === 'MatMul');
  const ofBatch = new Set<Node>(batch);
  for (const node of live) if (node.inputs.some((input) => ofBatch.has(input))) ofBatch.add(node);
  const matrices = working.filter(({ op }) => op === 'MatMul').map(({ inputs }) => inputs[1]);
  const entries = matrices.reduce((sum, matrix) => sum + (ofBatch.has(matrix) ? 0 : sizeOf(matrix.shape)), 0);
  let [best, least] = [1, Infinity];
  for (let turns = 1; turns <= length; turns++) {
    if (length % turns !== 0) continue;
    let large = 0;
    for (const { shape, inputs } of working)
      for (const size of [shape, ...inputs.map((input) => input.shape)].map(sizeOf))
        if (size / turns > costs.fits) large += size;
    const seconds = turns * (live.length * costs.operation + entries * costs.entry) + large * costs.number;
    if (seconds < least) [best, least] = [turns, seconds];
  }
  return best;
}

/** Shapes of the inputs of one part. */
export function partSpecs(
  split: Split,
  specs: Record<string, InputSpec>,
  parts: number,
): Record<string, InputSpec> {
  const own: Record<string, InputSpec> = {};
  for (const name of split.shared) own[name] = specs[name];
  for (const name of split.batch) {
    const { shape, dtype } = specs[name];
    own[name] = { shape: [shape[0] / parts, ...shape.slice(1)], dtype };
  }
  return own;
}

/** The inputs of part `k`, without copying. */
export function partValues(split: Split, values: NamedValues, parts: number, k: number): NamedValues {
  const own: NamedValues = {};
  for (const name of split.shared) own[name] = values[name];
  for (const name of split.batch) {
    const size = values[name].length / parts;
    own[name] = values[name].subarray(k * size, (k + 1) * size);
  }
  return own;
}
