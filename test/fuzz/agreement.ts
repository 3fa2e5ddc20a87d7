/**
 * @file Runs one random function on every engine and compares with tfjs. What counts as equal follows from how much the result changes
 * when inputs and all intermediate results change in their last place: random functions need not be well conditioned, and may jump.
 */
import * as tf from '@tensorflow/tfjs';
import type { Engine } from '../../src/compile/index.ts';
import { stream } from '../../src/random.ts';
import type { RandomFunction } from './random-expression.ts';

/** Relative to the largest entry, beyond what changes in the last place explain. */
const TOLERANCE = 3e-5;
/** How many times the change that was seen an engine may be off. */
const FACTOR = 12;
const TRIALS = 4;

export interface Outcome {
  /** What is wrong, engine first; empty where all agree. */
  faults: string[];
  /** Outputs that were compared, and those too badly conditioned for it. */
  compared: number;
  unstable: number;
}

interface Output {
  shape: readonly number[];
  values: Float32Array;
}

/** Kernels whose results are the very numbers of an operand. */
const views = new Set(['Identity', 'Reshape', 'ExpandDims', 'Cast', 'Transpose', 'Slice', 'Select', 'Concat', 'Pack', 'Unpack', 'Tile', 'Fill', 'ZerosLike', 'OnesLike', 'StridedSlice', 'Reverse', 'GatherV2', 'PadV2']); // biome-ignore format: a list

/** Runs `body` while every kernel errs in the last place of its result; tfjs's error function is good to 1.5e-7 only. */
function shaken<T>(trial: number, body: () => T): T {
  const engine = tf.engine();
  const run = engine.runKernel;
  const random = stream('rounding', trial);
  const noise = () => 2 * random.uniform() - 1;
  engine.runKernel = ((name: string, ...rest: never[]) => {
    const result = (run as (...args: unknown[]) => tf.Tensor | tf.Tensor[]).call(engine, name, ...rest);
    for (const y of Array.isArray(result) ? result : [result]) {
      if (y.dtype !== 'float32' || views.has(name)) continue;
      const values = y.dataSync();
      for (let i = 0; i < values.length; i++) {
        values[i] *= 1 + 2 ** -23 * noise();
        if (name === 'Erf') values[i] += 1.5e-7 * noise();
      }
    }
    return result;
  }) as typeof engine.runKernel;
  try {
    return body();
  } finally {
    engine.runKernel = run;
  }
}

function eagerly(one: RandomFunction, trial: number): Record<string, Output> {
  return trial === 0 ? results(one, trial) : shaken(trial, () => results(one, trial));
}

function results({ inputs, f }: RandomFunction, trial: number): Record<string, Output> {
  return tf.tidy(() => {
    const tensors = Object.fromEntries(
      Object.entries(inputs).map(([name, { shape, dtype, values }]) => {
        const random = stream('last place', name, trial);
        const moved = values.map((v) => (trial > 0 && dtype === 'float32' ? v * (1 + 2 ** -23 * (2 * random.uniform() - 1)) : v)); // biome-ignore format: one thought
        return [name, tf.tensor(moved, shape, dtype)];
      }),
    );
    return Object.fromEntries(
      Object.entries(f(tensors)).map(([name, y]) => [name, { shape: y.shape, values: Float32Array.from(y.dataSync()) }]),
    ); // biome-ignore format: one thought
  });
}

/** @param engines by name, made for this function alone and disposed here */
export async function agreement(one: RandomFunction, engines: readonly [string, Engine][]): Promise<Outcome> {
  const outcome: Outcome = { faults: [], compared: 0, unstable: 0 };
  await tf.setBackend('cpu');
  const [expected, ...moved] = Array.from({ length: TRIALS + 1 }, (_, trial) => eagerly(one, trial));
  const arrays = { float32: Float32Array, int32: Int32Array, bool: Uint8Array };
  const values = Object.fromEntries(
    Object.entries(one.inputs).map(([name, x]) => [name, arrays[x.dtype].from(x.values)]),
  );
  for (const [name, engine] of engines) {
    try {
      const program = await engine.compile(one.f, one.inputs);
      const results = await program.run(values);
      for (const [output, { shape, values: wanted }] of Object.entries(expected)) {
        const given = program.outputShapes[output];
        if (!given || String(given) !== String(shape))
          outcome.faults.push(`${name}: ${output} has shape [${given}], expected [${shape}]`);
        else {
          const others = moved.map((trial) => trial[output].values);
          const verdict = compare(results[output] as Float32Array, wanted, others);
          if (verdict === 'unstable') outcome.unstable++;
          else outcome.compared++;
          if (verdict.startsWith('entry')) outcome.faults.push(`${name}: ${output}: ${verdict}`);
        }
      }
    } catch (error) {
      const { message, stack } = error as Error;
      const at = stack?.split('\n').find((line) => /src\/.*ts/.test(line) && !/graph.ts|fail/.test(line));
      outcome.faults.push(`${name}: ${message}${at ? ` (${at.trim()})` : ''}`);
    } finally {
      await engine.dispose();
    }
  }
  return outcome;
}

function compare(actual: Float32Array, wanted: Float32Array, moved: Float32Array[]): string {
  let scale = 0;
  let change = 0;
  for (const [i, value] of wanted.entries()) {
    if (!Number.isFinite(value)) continue;
    scale = Math.max(scale, Math.abs(value));
    for (const other of moved) change = Math.max(change, Math.abs(other[i] - value));
  }
  if (Number.isNaN(change) || change > 1e-3 * scale || scale > 1e12) return 'unstable';
  const most = TOLERANCE * scale + FACTOR * change + 1e-30;
  for (const [i, value] of wanted.entries()) {
    if (!Number.isFinite(value) && moved.some((other) => !Object.is(other[i], value))) continue;
    const same = Number.isFinite(value) ? Math.abs(actual[i] - value) <= most : Object.is(actual[i], value);
    if (!same) return `entry ${i} is ${actual[i]}, expected ${value} (within ${most.toExponential(1)})`;
  }
  return 'same';
}
