/**
 * @file This project as a contestant: `tsx bench/ours.ts PROBLEM OUT.safetensors DEVICE PRODUCTS ENGINE [THREADS]` speaks as protocol.ts
 * says.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { encodeSafetensors, type NamedArray } from '../meta/safetensors.ts';
import { allowRelaxed } from '../runs/relaxed.ts';
import { compiledEngine, type Device, type Products, type TargetName } from '../src/compile/index.ts';
import { hasRuntime } from '../src/compile/onnx/session-program.ts';
import { trace } from '../src/compile/trace/trace-backend.ts';
import { InputError } from '../src/errors.ts';
import { writeFileAtomically } from '../src/files.ts';
import { type ProblemName, problemOf, settings, updates } from './problems.ts';
import { countProducts } from './products.ts';
import { forgetPeak, lifetimePeak, peak, type Ready, type Timed } from './protocol.ts';

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

function versions(): Record<string, string> {
  const versionIn = (file: string | URL) => JSON.parse(readFileSync(file, 'utf8')).version as string;
  const own = { ebmm: versionIn(new URL('../package.json', import.meta.url)), node: process.versions.node };
  if (!hasRuntime()) return own;
  const main = createRequire(import.meta.url).resolve('onnxruntime-node');
  return { ...own, onnxruntime: versionIn(main.replace(/(.*onnxruntime-node)[/\\].*/, '$1/package.json')) };
}

const say = (what: Ready | Timed | { error: string }) => console.log(JSON.stringify(what));

const [name, out, device, products, target, threads] = process.argv.slice(2);
allowRelaxed();
const engine = compiledEngine({
  device: device as Device,
  products: products as Products,
  target: target === 'compiled' ? undefined : (target as TargetName),
  threads: threads ? Number(threads) : undefined,
});
try {
  const { ready, next } = await metaSteps(engine, name as ProblemName, out);
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
