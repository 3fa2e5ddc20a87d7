/**
 * @file `npm run bench`: times the reference step; with `--jax PYTHON` also JAX's three forms of it, in turn with ours in
 * one run, so that a machine whose speed drifts slows all of them. Prints medians and ratios of medians.
 */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { encodeSafetensors } from '../meta/safetensors.ts';
import { quantile } from '../runs/evaluation.ts';
import { compiledEngine } from '../src/compile/index.ts';
import { referenceStep } from './problem.ts';

const ROUNDS = 6;
const STEPS = 5;
const FORMS = ['vmap', 'map', 'unrolled'];

interface Contestant {
  name: string;
  compile: number;
  loss: number;
  norm: number;
  /** Milliseconds of each of some steps. */
  time(steps: number): Promise<number[]>;
  close(): void;
}

async function ours(problem: ReturnType<typeof referenceStep>): Promise<Contestant> {
  const engine = compiledEngine();
  const program = await engine.compile(problem.step, problem.inputs);
  const { loss, norm } = await program.run(problem.values);
  return {
    name: `ebmm, ${program.operations} operations`,
    compile: program.seconds.trace + program.seconds.prepare,
    loss: loss[0],
    norm: norm[0],
    async time(steps) {
      const times: number[] = [];
      for (let i = 0; i < steps; i++) {
        const started = performance.now();
        await program.run(problem.values);
        times.push(performance.now() - started);
      }
      return times;
    },
    close() {},
  };
}

async function jax(python: string, file: string, form: string): Promise<Contestant> {
  const script = fileURLToPath(new URL('./peers/reference_jax.py', import.meta.url));
  const child: ChildProcessWithoutNullStreams = spawn(python, [script, file, form]);
  child.stderr.pipe(process.stderr);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const answer = async () => {
    const { value, done } = await lines.next();
    if (done) throw new Error(`JAX (${form}) ended early`);
    return JSON.parse(value);
  };
  const first = await answer();
  return {
    name: `jax.jit, ${form}`,
    ...first,
    time(steps) {
      child.stdin.write(`${steps}\n`);
      return answer();
    },
    close: () => child.stdin.end(),
  };
}

const python = process.argv[process.argv.indexOf('--jax') + 1];
const withJax = process.argv.includes('--jax');
const problem = referenceStep();
const folder = mkdtempSync(join(tmpdir(), 'ebmm-bench-'));
try {
  const file = join(folder, 'problem.safetensors');
  writeFileSync(file, encodeSafetensors(problem.arrays));
  const contestants = [await ours(problem)];
  if (withJax) for (const form of FORMS) contestants.push(await jax(python, file, form));
  const [first, ...others] = contestants;
  for (const other of others) {
    for (const key of ['loss', 'norm'] as const) {
      const gap = Math.abs(other[key] / first[key] - 1);
      if (!(gap < 1e-3))
        throw new Error(`${key} of ${other.name} is ${other[key]}, ours ${first[key]}: not the same work`);
    }
  }
  const times = contestants.map((): number[] => []);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [i, contestant] of contestants.entries()) {
      const batch = await contestant.time(STEPS);
      // The first step after another process ran warms the caches.
      times[i].push(...batch.slice(1));
    }
  }
  console.log(`${problem.name}; loss ${first.loss.toFixed(5)}, gradient norm ${first.norm.toFixed(5)}`);
  const ourMedian = quantile(times[0], 0.5);
  for (const [i, contestant] of contestants.entries()) {
    const median = quantile(times[i], 0.5);
    console.log(
      `${contestant.name.padEnd(28)} ${median.toFixed(0).padStart(6)} ms a step (${quantile(times[i], 0.05).toFixed(0)}-${quantile(times[i], 0.95).toFixed(0)}), ${(median / ourMedian).toFixed(2)} times ours, compiled in ${contestant.compile.toFixed(1)} s`,
    );
    contestant.close();
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
