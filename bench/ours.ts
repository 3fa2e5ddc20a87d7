/**
 * @file This project as a contestant: `tsx bench/ours.ts PROBLEM OUT.safetensors DEVICE PRODUCTS [THREADS]` speaks as protocol.ts says.
 * PROBLEM `product` is one large matrix product instead, whose rate is what the machine can do.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import * as tf from '@tensorflow/tfjs';
import { encodeSafetensors, type NamedArray } from '../meta/safetensors.ts';
import { compiledEngine, type Device, type Products } from '../src/compile/index.ts';
import { trace } from '../src/compile/trace-backend.ts';
import { InputError } from '../src/errors.ts';
import { writeFileAtomically } from '../src/files.ts';
import { type ProblemName, problemOf, settings, updates } from './problems.ts';
import { countProducts } from './products.ts';
import { forgetPeak, lifetimePeak, peak, type Ready, type Timed } from './protocol.ts';

/** Side of the matrices of the large product. */
export const SIDE = 2048;

type Engine = ReturnType<typeof compiledEngine>;

/** Compiles, takes two steps and tells of them; returns what takes another. */
async function metaSteps(engine: Engine, name: ProblemName, out: string) {
  const problem = problemOf(settings[name]());
  const { step, inputs } = problem;
  const program = await engine.compile(step, inputs);
  const next = updates(program, problem);
  const first = await next();
  const moments: Record<string, NamedArray> = {};
  for (const [key, { shape }] of Object.entries(inputs)) {
    if (!key.startsWith('m:')) continue;
    moments[key.slice(2)] = { shape: [...shape], values: first[key] as Float32Array };
  }
  await writeFileAtomically(out, encodeSafetensors(moments));
  const second = await next();
  const ready: Ready = {
    versions: {},
    compile: program.seconds.trace + program.seconds.prepare,
    losses: [first.loss[0], second.loss[0]],
    norm: first.norm[0],
    peak: lifetimePeak(),
    operations: program.operations,
    products: countProducts(Object.values(trace(step, inputs).outputs)),
  };
  return { ready, next };
}

async function largeProduct(engine: Engine) {
  const inputs = { a: { shape: [SIDE, SIDE] }, b: { shape: [SIDE, SIDE] } };
  const product = (x: Record<string, tf.Tensor>) => ({
    c: tf.matMul(x.a as tf.Tensor2D, x.b as tf.Tensor2D),
  });
  const program = await engine.compile(product, inputs);
  const values = Float32Array.from({ length: SIDE * SIDE }, (_, i) => (i % 17) / 17 - 0.5);
  const next = () => program.run({ a: values, b: values });
  await next();
  const ready: Ready = {
    versions: {},
    compile: program.seconds.trace + program.seconds.prepare,
    losses: [0, 0],
    norm: 0,
    peak: lifetimePeak(),
    products: 2 * SIDE ** 3,
  };
  return { ready, next };
}

function versions(): Record<string, string> {
  const { resolve } = createRequire(import.meta.url);
  const runtime = resolve('onnxruntime-node').replace(/(.*onnxruntime-node)[/\\].*/, '$1/package.json');
  return {
    ebmm: JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')).version,
    node: process.versions.node,
    onnxruntime: JSON.parse(readFileSync(runtime, 'utf8')).version,
  };
}

const say = (what: Ready | Timed | { error: string }) => console.log(JSON.stringify(what));

const [name, out, device, products, threads] = process.argv.slice(2);
const engine = compiledEngine({
  device: device as Device,
  products: products as Products,
  threads: threads ? Number(threads) : undefined,
  // The machine's product rate is that of all threads together.
  ...(name === 'product' ? { target: 'onnxruntime' as const } : {}),
});
try {
  const { ready, next } =
    name === 'product' ? await largeProduct(engine) : await metaSteps(engine, name as ProblemName, out);
  say({ ...ready, versions: versions() });
  forgetPeak();
  for await (const line of createInterface({ input: process.stdin })) {
    const times: number[] = [];
    for (let i = 0; i < Number(line); i++) {
      const started = performance.now();
      await next();
      times.push(performance.now() - started);
    }
    say({ times, peak: peak() });
  }
} catch (error) {
  if (!(error instanceof InputError)) throw error;
  say({ error: error.message });
}
