/** @file What runs a program: the interface of all engines, from a tensor function to values in and values out. */
import type * as tf from '@tensorflow/tfjs';
import type { InputSpec, Values } from '../graph/graph.ts';

export type { InputSpec, Values } from '../graph/graph.ts';

export type NamedTensors = Record<string, tf.Tensor>;
export type NamedValues = Record<string, Values>;
/**
 * A pure function of named tensors. It may use tfjs and `src/autodiff`, and look at shapes but not at values. An engine with
 * several threads may use its `split` instead, where it has one.
 */
export type TensorFunction = ((inputs: NamedTensors) => NamedTensors) & { readonly split?: Split };

/** How to compute a function in parts: `part` of every part of the batch, then `whole` of the means of what they gave. */
export interface Split {
  /** Inputs that are cut along their first axis, which has the same length for all. */
  batch: readonly string[];
  /** Inputs that every part gets whole. */
  shared: readonly string[];
  /** Function of the batch and the shared inputs. Its outputs are float32. */
  part: TensorFunction;
  /** Outputs of `part` that are outputs of the function too, laid one behind the other along their first axis. */
  stacked: readonly string[] | 'all';
  /**
   * Function of all inputs but the batch, and of the mean over all parts of each other output of `part`, which `meanName` names.
   * Its outputs are those of the function, but for the stacked ones.
   */
  whole: TensorFunction;
  /** Parts to compute the batch in, a divisor of its length; default: from sizes alone. */
  parts?: number;
}

/** What one part of a batch gave. */
export interface PartResult {
  /** What is to be added up over all parts, in their order: gradients and losses, each a sum over the pieces of the part. */
  sums: NamedValues;
  /** What is to be laid one behind the other. */
  stacked: NamedValues;
}

/**
 * A program whose batch is computed in a fixed number of parts. `run` computes all and merges them; who distributes parts over processes
 * does the same with `compute`, wherever, and `merge`: the result is the same bit for bit whoever computed which part (on processors
 * that run the same kernels).
 */
export interface Parted {
  /** Equal parts of the batch; part k holds its examples k * length to (k + 1) * length - 1. From sizes alone, never from threads. */
  readonly parts: number;
  /** Examples of a part. */
  readonly length: number;
  /** Shapes of what parts give to be added up. */
  readonly sumShapes: Record<string, readonly number[]>;
  /**
   * Computes one part or several, as many at once as there are threads.
   * @param values all shared inputs (parameters), and of the batch the examples of these parts alone
   */
  compute(values: NamedValues): Promise<PartResult[]>;
  /**
   * What `run` would have given.
   * @param values all inputs but the batch
   * @param results of all parts, in their order
   */
  merge(values: NamedValues, results: readonly PartResult[]): Promise<NamedValues>;
}

/** A function made ready for inputs of given shapes. */
export interface Program {
  /** Values in row-major order, as long as the shapes that the program was compiled for. */
  run(inputs: NamedValues): Promise<NamedValues>;
  /** Sets inputs ahead of the next run, which then need not be given there. */
  give?(inputs: NamedValues): void;
  /** Where the function has a `split` and its batch is computed in parts. */
  readonly parted?: Parted;
  /** Shapes of the outputs, known once compiled (compiled engine) or once run (tfjs engine). */
  readonly outputShapes: Record<string, readonly number[]>;
  /** Operations in the program; 0 for the eager engine. */
  readonly operations: number;
  /** Seconds it took to trace the function and to prepare the program. */
  readonly seconds: { trace: number; prepare: number };
}

export interface Engine {
  readonly name: string;
  /** Of the compiled engine: what programs are first tried to be written in, and how products are computed. Numbers depend on both. */
  readonly kernels?: { readonly target: string; readonly products: string };
  /** Of the compiled engine, on the processor: on how many a program may compute. */
  readonly threads?: number;
  /** Compiling the same function for the same shapes again returns the same program. */
  compile(f: TensorFunction, inputs: Record<string, InputSpec>): Promise<Program>;
  /** Frees every program of this engine. */
  dispose(): Promise<void>;
}

/** A program that holds memory until it is freed. */
export interface OwnedProgram extends Program {
  /** What it holds, about. */
  readonly bytes?: number;
  /** Once no run is under way. */
  free?(): unknown;
}
