/**
 * @file What an update costs on every target that this machine has, in turn in one process: `npm run bench:targets -- --problem site,conv`.
 * Medians; the first steps after a change of target do not count. Results of all must agree.
 */
import { Command } from 'commander';
import { jsonOption, positive, threadsOption, words } from '../runs/options.ts';
import { allowRelaxed } from '../runs/relaxed.ts';
import { compiledEngine, type Program, type TargetName, targetNames } from '../src/compile/index.ts';
import { hasAvx2, isSupported } from '../src/compile/native/machine.ts';
import { hasRelaxed } from '../src/webassembly/runtime.ts';
import { type ProblemName, problemNames, problemOf, settings } from './problems.ts';
import { machine } from './report.ts';
import { median } from './results.ts';

/** Greatest difference of two targets' results, relative to the greatest value of each (conv: third derivatives of 3 hops in float32). */
const AGREE = 5e-2;

interface Row {
  problem: ProblemName;
  target: TargetName;
  compile: number;
  milliseconds: number;
  /** Of onnxruntime's time. */
  share?: number;
}

const { problem, targets, rounds, steps, warmup, threads, json } = new Command('bench:targets')
  .option('--problem <list>', `of ${problemNames.join(', ')}`, words, problemNames as string[])
  .option('--targets <list>', `of ${targetNames.join(', ')}`, words, targetNames as unknown as string[])
  .option('--rounds <n>', 'rounds', positive, 5)
  .option('--steps <n>', 'steps a round, of which the first does not count', positive, 4)
  .option('--warmup <n>', 'steps before: V8 compiles WebAssembly anew while it runs', positive, 12)
  .addOption(threadsOption())
  .addOption(jsonOption())
  .parse()
  .opts();

allowRelaxed();

async function rowsOf(name: ProblemName): Promise<Row[]> {
  const { step, inputs, values } = problemOf(settings[name]());
  const chosen = (targets as TargetName[]).filter(
    (target) => (target !== 'avx512' || isSupported()) && (target !== 'avx2' || hasAvx2()),
  );
  const contestants = [];
  for (const target of chosen) {
    const engine = compiledEngine({ target, threads });
    const started = performance.now();
    const program: Program = await engine.compile(step, inputs);
    const compile = (performance.now() - started) / 1000;
    const first = await program.run(values);
    for (let i = 0; i < warmup; i++) await program.run(values);
    contestants.push({ target, engine, program, compile, first, times: [] as number[] });
  }
  for (const { first, target } of contestants)
    for (const [key, list] of Object.entries(contestants[0].first) as [string, Float32Array][]) {
      const most = list.reduce((m: number, x: number) => Math.max(m, Math.abs(x)), 1e-30);
      const apart = list.reduce(
        (m: number, x: number, i: number) => Math.max(m, Math.abs(x - first[key][i])),
        0,
      );
      if (!(apart <= AGREE * most))
        throw new Error(`${name}: ${target} differs in ${key} by ${apart / most}`);
    }
  for (let round = 0; round < rounds; round++)
    for (const { program, times } of contestants)
      for (let i = 0; i < steps; i++) {
        const started = performance.now();
        await program.run(values);
        if (i > 0) times.push(performance.now() - started);
      }
  for (const { engine } of contestants) await engine.dispose();
  const base = contestants.find(({ target }) => target === 'onnxruntime');
  return contestants.map(({ target, compile, times }) => ({
    problem: name,
    target,
    compile,
    milliseconds: median(times),
    share: base && median(times) / median(base.times),
  }));
}

const rows: Row[] = [];
for (const name of problem as ProblemName[]) {
  for (const row of await rowsOf(name)) {
    rows.push(row);
    const { target, compile, milliseconds, share } = row;
    if (!json)
      console.log(
        `${name.padEnd(10)} ${target.padEnd(12)} ${milliseconds.toFixed(1).padStart(8)} ms  compile ${compile.toFixed(2)} s${share === undefined ? '' : `  ${share.toFixed(2)} of onnxruntime`}`,
      );
  }
}
if (json)
  console.log(
    JSON.stringify({
      measured: new Date().toISOString(),
      machine: machine(),
      node: process.versions.node,
      relaxed: hasRelaxed(),
      rows,
    }),
  );
