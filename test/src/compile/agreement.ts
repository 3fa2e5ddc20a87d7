/** @file Runs a tfjs function by the compiled engine and eagerly on tfjs's cpu backend, and compares. */
import * as tf from '@tensorflow/tfjs';
import { expect } from 'vitest';
import type { Engine, InputSpec, NamedTensors, NamedValues } from '../../../src/compile/index.ts';
import { stream } from '../../../src/random.ts';
import { compiledEngines } from './engines.ts';

type Dtype = 'float32' | 'int32' | 'bool';

/** One argument of a case: its shape, its values, and whether it may be replaced by constants of any value. */
export interface Argument {
  shape: number[];
  dtype: Dtype;
  values: number[];
  /** Whether 0, 1, -1 and 2 are sensible values too: not for indices. */
  free: boolean;
}

// biome-ignore lint/suspicious/noExplicitAny: tfjs functions take tensors of given ranks
export type TensorFunction = (...xs: any[]) => tf.Tensor | tf.Tensor[];

/** A tfjs function and what to call it with. */
export interface Case {
  f: TensorFunction;
  on: Argument[];
  /** Greatest error, relative to the value or, unless `exact`, to one. Default 1e-5. */
  tolerance?: number;
  /** Small values must have small errors. */
  exact?: boolean;
}

let drawn = 0;
const draw = (shape: number[], one: (uniform: number) => number) => {
  const random = stream(0, 'argument', drawn++);
  return Array.from({ length: tf.util.sizeFromShape(shape) }, () => one(random.uniform()));
};

/** Real numbers in [low, high). */
export const real = (shape: number[], low = -2, high = 2): Argument => {
  const values = draw(shape, (u) => Math.fround(low + (high - low) * u));
  return { shape, dtype: 'float32', values, free: true };
};

/** Whole numbers in [low, high]. */
export const whole = (shape: number[], low = -4, high = 4): Argument => {
  const values = draw(shape, (u) => low + Math.floor((high - low + 1) * u));
  return { shape, dtype: 'int32', values, free: false };
};

export const truth = (shape: number[]): Argument => {
  return { shape, dtype: 'bool', values: draw(shape, (u) => Number(u < 0.5)), free: false };
};

/** A list of given real numbers. */
export const list = (...values: number[]): Argument => {
  return { shape: [values.length], dtype: 'float32', values: values.map(Math.fround), free: true };
};

/** A list of given whole numbers. */
export const wholes = (...values: number[]): Argument => {
  return { shape: [values.length], dtype: 'int32', values, free: false };
};

const tensorOf = ({ values, shape, dtype }: Argument) => tf.tensor(values, shape, dtype);

/**
 * The case, and the same again with every argument in turn a constant: of the same values, and of 0, 1, -1 and 2
 * throughout. That makes constant folding and simplification meet every kernel.
 */
function variants({ f, on }: Case): Record<string, (xs: tf.Tensor[]) => tf.Tensor | tf.Tensor[]> {
  const all: Record<string, (xs: tf.Tensor[]) => tf.Tensor | tf.Tensor[]> = { inputs: (xs) => f(...xs) };
  if (on.length === 0) return all;
  all.constants = () => f(...on.map(tensorOf));
  for (const [i, argument] of on.entries()) {
    const replaced = (make: () => tf.Tensor) => (xs: tf.Tensor[]) =>
      f(...xs.map((x, j) => (i === j ? make() : x)));
    if (on.length > 1) all[`constant ${i}`] = replaced(() => tensorOf(argument));
    if (!argument.free) continue;
    for (const value of [0, 1, -1, 2]) {
      all[`${value} for ${i}`] = replaced(() => tf.fill(argument.shape, value));
    }
  }
  return all;
}

/** Every variant of the case as one function of named tensors, so that it takes one program. */
function together(one: Case) {
  return (inputs: NamedTensors): NamedTensors => {
    const xs = one.on.map((_, i) => inputs[`x${i}`]);
    const outputs: NamedTensors = {};
    for (const [name, run] of Object.entries(variants(one))) {
      const result = run(xs);
      for (const [i, y] of (Array.isArray(result) ? result : [result]).entries())
        outputs[`${name}: ${i}`] = y;
    }
    return outputs;
  };
}

/** Throws where the two engines differ in any value, shape or dtype. */
export async function expectAgreement(one: Case): Promise<void> {
  const specs: Record<string, InputSpec> = Object.fromEntries(
    one.on.map(({ shape, dtype }, i) => [`x${i}`, { shape, dtype }]),
  );
  const arrays = { float32: Float32Array, int32: Int32Array, bool: Uint8Array };
  const values: NamedValues = Object.fromEntries(
    one.on.map((x, i) => [`x${i}`, arrays[x.dtype].from(x.values)]),
  );
  await tf.setBackend('cpu');
  const expected = tf.tidy(() =>
    Object.entries(together(one)(Object.fromEntries(one.on.map((x, i) => [`x${i}`, tensorOf(x)])))).map(
      ([name, y]) => ({ name, shape: y.shape, dtype: y.dtype, values: Array.from(y.dataSync()) }),
    ),
  );
  for (const [name, engine] of compiledEngines()) await compare(name, engine);

  async function compare(way: string, engine: Engine) {
    try {
      const dtypes: Record<string, string> = {};
      const program = await engine.compile((inputs) => {
        const outputs = together(one)(inputs);
        for (const [name, y] of Object.entries(outputs)) dtypes[name] = y.dtype;
        return outputs;
      }, specs);
      const results = await program.run(values);
      for (const y of expected) {
        expect(program.outputShapes[y.name], `shape of ${y.name}, ${way}`).toEqual(y.shape);
        expect(dtypes[y.name], `dtype of ${y.name}`).toBe(y.dtype);
        expectClose(Array.from(results[y.name]), y.values, one, `${y.name}, ${way}`);
      }
    } finally {
      await engine.dispose();
    }
  }
}

/** Each value within `tolerance` of the expected one; infinities and NaN in the same places. */
export function expectClose(
  actual: number[],
  expected: number[],
  { tolerance = 1e-5, exact = false }: Pick<Case, 'tolerance' | 'exact'> = {},
  name = '',
): void {
  expect(actual.length, `length of ${name}`).toBe(expected.length);
  const wrong = expected.findIndex((value, i) => {
    if (!Number.isFinite(value)) return !Object.is(actual[i], value);
    return !(
      Math.abs(actual[i] - value) <=
      tolerance * (exact ? Math.abs(value) : Math.max(1, Math.abs(value)))
    );
  });
  if (wrong < 0) return;
  expect.fail(
    `${name}: entry ${wrong} is ${actual[wrong]}, expected ${expected[wrong]} in [${actual.slice(0, 12)}] against [${expected.slice(0, 12)}]`,
  );
}

/** The kernels that tfjs runs for a case. */
export async function kernelsOf({ f, on }: Case): Promise<string[]> {
  await tf.setBackend('cpu');
  const arguments_ = on.map(tensorOf);
  const { kernelNames } = await tf.profile(() => {
    tf.tidy(() => {
      f(...arguments_);
    });
    return [];
  });
  tf.dispose(arguments_);
  return kernelNames;
}

/** Calls a kernel that no function of tfjs's reaches in this form. */
export const kernel =
  (name: string, attrs: object, ...inputs: string[]): TensorFunction =>
  (...xs: tf.Tensor[]) =>
    tf
      .engine()
      .runKernel(name, Object.fromEntries(inputs.map((key, i) => [key, xs[i]])), attrs as never) as tf.Tensor;
