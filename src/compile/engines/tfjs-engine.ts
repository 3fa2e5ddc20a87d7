/**
 * @file The eager engine: the same function on the best tfjs backend found. It serves debugging, operations that the
 * compiler lacks, and as the reference that the compiler is tested against.
 */
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import util from 'node:util';
import * as tf from '@tensorflow/tfjs';
import { check, oneOf } from '../../arguments.ts';
import { registerGradients } from '../../autodiff/index.ts';
import { InputError } from '../../errors.ts';
import type {
  Engine,
  InputSpec,
  NamedTensors,
  NamedValues,
  Program,
  TensorFunction,
} from '../program/engine.ts';
import { cached } from '../program/programs.ts';

/** tfjs packages that bring a native backend, best first; both call it "tensorflow". */
const nativePackages = ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node'] as const;
export type TfjsBackend = (typeof nativePackages)[number] | 'cpu';

let loaded: TfjsBackend | undefined;

/**
 * Loads the best tfjs backend: tfjs-node-gpu, tfjs-node, else plain JavaScript.
 * @param wanted only this one
 * @throws InputError when `wanted` cannot be loaded
 */
export async function loadTfjsBackend(wanted?: TfjsBackend): Promise<TfjsBackend> {
  tf.enableProdMode();
  // The native packages call a function that Node 23 removed.
  (util as { isNullOrUndefined?: unknown }).isNullOrUndefined ??= (v: unknown) =>
    v === null || v === undefined;
  if (loaded && (!wanted || wanted === loaded)) return loaded;
  const candidates = wanted ? [wanted] : [...nativePackages, 'cpu' as const];
  let reason = '';
  for (const name of candidates) {
    try {
      if (name !== 'cpu') {
        await import(resolveQuietly(name));
        // A native package that brings a tfjs of its own registers that one's gradients over the exact ones.
        registerGradients();
      }
      await tf.setBackend(name === 'cpu' ? 'cpu' : 'tensorflow');
      loaded = name;
      return name;
    } catch (error) {
      reason = error instanceof Error ? error.message.split('\n')[0] : String(error);
    }
  }
  throw new InputError(`tfjs backend "${wanted}" cannot be loaded: ${reason}`);
}

function resolveQuietly(name: string): string {
  return pathToFileURL(createRequire(import.meta.url).resolve(name)).href;
}

/** @throws InputError for a backend that there is none of, or that cannot be loaded */
export async function tfjsEngine(wanted?: TfjsBackend): Promise<Engine> {
  if (wanted !== undefined) check('tfjsEngine', { backend: [wanted, oneOf([...nativePackages, 'cpu'])] });
  const backend = await loadTfjsBackend(wanted);
  const compile = cached(async (f, specs) => eagerProgram(f, specs, backend));
  return { name: `tfjs on ${backend}`, compile, async dispose() {} };
}

/** A program that runs the function itself, every time. */
export function eagerProgram(
  f: TensorFunction,
  specs: Record<string, InputSpec>,
  backend: TfjsBackend,
): Program {
  const backendName = backend === 'cpu' ? 'cpu' : 'tensorflow';
  const outputShapes: Record<string, readonly number[]> = {};
  return {
    async run(values: NamedValues) {
      await tf.setBackend(backendName);
      const tensors = Object.fromEntries(
        Object.entries(specs).map(([name, { shape, dtype }]) => [
          name,
          tf.tensor(values[name], [...shape], dtype ?? 'float32'),
        ]),
      );
      const before = tf.tidy(() => tf.scalar(0).id);
      let outputs: NamedTensors = {};
      try {
        outputs = tf.tidy(() => f(tensors));
        const results: NamedValues = {};
        for (const [name, tensor] of Object.entries(outputs)) {
          outputShapes[name] = tensor.shape;
          results[name] = (await tensor.data()) as NamedValues[string];
        }
        return results;
      } finally {
        // Not a constant of the caller's that f returned.
        tf.dispose(Object.values(outputs).filter((t) => t.id > before));
        tf.dispose(tensors);
      }
    },
    outputShapes,
    operations: 0,
    seconds: { trace: 0, prepare: 0 },
  };
}
