/**
 * @file A function whose batch takes some ten milliseconds. As a program, `tsx long-work.ts TARGET THREADS DELAY`: exits with status 7 so many
 * milliseconds after three runs have begun.
 */
import * as tf from '@tensorflow/tfjs';
import { compiledEngine, type Engine, meanName, type NamedTensors, type Split, type TargetName, type TensorFunction } from '../../../../src/compile/index.ts'; // biome-ignore format: one import

const [BATCH, ROWS, SIDE] = [8, 48, 200];

export const longSpecs = { w: { shape: [SIDE, SIDE] }, x: { shape: [BATCH, ROWS, SIDE] } };
export const longValues = {
  w: new Float32Array(SIDE * SIDE).fill(0.01),
  x: new Float32Array(BATCH * ROWS * SIDE).fill(0.5),
};

export function longWork(): TensorFunction {
  const split: Split = {
    batch: ['x'],
    shared: ['w'],
    part({ w, x }: NamedTensors) {
      let y = x;
      for (let i = 0; i < 8; i++) y = tf.tanh(tf.matMul(y, w));
      return { loss: tf.mean(tf.square(y)), y: tf.sum(y, 2) };
    },
    stacked: ['y'],
    whole: (inputs) => ({ loss: inputs[meanName('loss')] }),
  };
  return Object.assign((inputs: NamedTensors) => split.part(inputs), { split });
}

/** Three runs that have begun. */
export async function begun(engine: Engine) {
  const program = await engine.compile(longWork(), longSpecs);
  return { program, runs: [1, 2, 3].map(() => program.run(longValues)) };
}

if (process.argv[1]?.endsWith('long-work.ts')) {
  const [target, threads, delay] = process.argv.slice(2);
  const { runs } = await begun(compiledEngine({ target: target as TargetName, threads: Number(threads) }));
  for (const run of runs) run.catch(() => undefined);
  setTimeout(() => process.exit(7), Number(delay));
}
