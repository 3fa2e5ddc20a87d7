/** @file Functions of a batch that may be computed in parts at once. */
import type { NamedValues, TensorFunction } from './engine.ts';
import { liveNodes, type Node, sizeOf } from './graph.ts';
import { binaryFunctions, unaryFunctions } from './scalar.ts';
import type { InputSpec } from './trace-backend.ts';

/** How to compute a function in parts: `part` of every part of the batch, then `whole` of the means of what they gave. */
export interface Split {
  /** Inputs that are cut along their first axis, which has the same length for all. */
  batch: readonly string[];
  /** Inputs that every part gets whole. */
  shared: readonly string[];
  /** Function of the batch and the shared inputs. Its outputs are float32. */
  part: TensorFunction;
  /** Outputs of `part` that are outputs of the function too, laid one behind the other along their first axis. */
  stacked: readonly string[];
  /**
   * Function of all inputs but the batch, and of the mean over all parts of each other output of `part`, which `meanName` names.
   * Its outputs are those of the function, but for the stacked ones.
   */
  whole: TensorFunction;
}

/** What `Split.whole` calls the mean of an output of the parts. */
export const meanName = (name: string) => `mean:${name}`;

/** The most parts of equal size, at most `threads`, in which the batch can be cut. */
export function partsOf({ batch }: Split, specs: Record<string, InputSpec>, threads: number): number {
  const length = specs[batch[0]]?.shape[0] ?? 1;
  for (let parts = Math.min(threads, length); parts > 1; parts--) if (length % parts === 0) return parts;
  return 1;
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
 * Into how many parts machine code best computes `length` examples: as many as there are, which keeps their tensors in the
 * cache, unless they are tiny.
 * @param outputs of a part of one example
 */
export function nativeTurns(outputs: readonly Node[], length: number): number {
  const numbers = liveNodes(outputs).reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  for (let examples = 1; examples < length; examples++)
    if (length % examples === 0 && examples * numbers >= ENOUGH) return length / examples;
  return 1;
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
