/** @file What runs a program: the interface that both engines answer (DESIGN: two engines, one program). */
import type * as tf from '@tensorflow/tfjs';
import type { Values } from './graph.ts';
import type { Split } from './split.ts';
import type { InputSpec } from './trace-backend.ts';

export type { Values } from './graph.ts';
export type { InputSpec } from './trace-backend.ts';

export type NamedTensors = Record<string, tf.Tensor>;
export type NamedValues = Record<string, Values>;
/**
 * A pure function of named tensors. It may use tfjs and `src/autodiff`, and look at shapes but not at values. An engine with
 * several threads may use its `split` instead, where it has one.
 */
export type TensorFunction = ((inputs: NamedTensors) => NamedTensors) & { readonly split?: Split };

/** A function made ready for inputs of given shapes. */
export interface Program {
  /** Values in row-major order, as long as the shapes that the program was compiled for. */
  run(inputs: NamedValues): Promise<NamedValues>;
  /** Shapes of the outputs, known once compiled (compiled engine) or once run (tfjs engine). */
  readonly outputShapes: Record<string, readonly number[]>;
  /** Operations in the program; 0 for the eager engine. */
  readonly operations: number;
  /** Seconds it took to trace the function and to prepare the program. */
  readonly seconds: { trace: number; prepare: number };
}

export interface Engine {
  readonly name: string;
  /** Compiling the same function for the same shapes again returns the same program. */
  compile(f: TensorFunction, inputs: Record<string, InputSpec>): Promise<Program>;
  /** Frees every program of this engine. */
  dispose(): Promise<void>;
}

/** Remembers a program for each function and set of input shapes. */
export function cached(
  compile: (f: TensorFunction, inputs: Record<string, InputSpec>) => Promise<Program>,
): (f: TensorFunction, inputs: Record<string, InputSpec>) => Promise<Program> {
  const programs = new WeakMap<TensorFunction, Map<string, Promise<Program>>>();
  return (f, inputs) => {
    const key = JSON.stringify(
      Object.entries(inputs).map(([name, s]) => [name, s.shape, s.dtype ?? 'float32']),
    );
    const ofFunction = programs.get(f) ?? new Map<string, Promise<Program>>();
    programs.set(f, ofFunction);
    const known = ofFunction.get(key);
    if (known) return known;
    const program = compile(f, inputs);
    ofFunction.set(key, program);
    program.catch(() => ofFunction.delete(key));
    return program;
  };
}
