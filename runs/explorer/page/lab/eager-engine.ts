/** @file The eager engine of the page: the same functions on tfjs's plain JavaScript backend, one operation after another. */
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs';
import type { Engine, NamedTensors, NamedValues } from '../../../../src/compile/program/engine.ts';
import { cached } from '../../../../src/compile/program/programs.ts';

export async function eagerEngine(): Promise<Engine> {
  tf.enableProdMode();
  await tf.setBackend('cpu');
  const compile = cached(async (f, specs) => {
    const outputShapes: Record<string, readonly number[]> = {};
    return {
      async run(values: NamedValues) {
        const results: NamedValues = {};
        tf.tidy(() => {
          const inputs: NamedTensors = Object.fromEntries(
            Object.entries(specs).map(([name, { shape, dtype }]) => [
              name,
              tf.tensor(values[name], [...shape], dtype ?? 'float32'),
            ]),
          );
          for (const [name, tensor] of Object.entries(f(inputs))) {
            outputShapes[name] = tensor.shape;
            results[name] = tensor.dataSync().slice() as NamedValues[string];
          }
        });
        return results;
      },
      outputShapes,
      operations: 0,
      seconds: { trace: 0, prepare: 0 },
    };
  });
  return { name: 'plain JavaScript', compile, async dispose() {} };
}
