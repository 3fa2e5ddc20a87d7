/** @file Where the time of an update goes: every kind of step on all threads, and what is left, which is waiting and JavaScript. */
import { availableParallelism } from 'node:os';
import { textTable } from '../runs/table.ts';
import { compiledEngine, type TargetName } from '../src/compile/index.ts';
import { hasAvx2, isSupported } from '../src/compile/native/machine.ts';
import { cyclesNow } from '../src/compile/native/profile.ts';
import { kindsText, type TimeShares, timeShares } from '../src/compile/native/time-shares.ts';
import { Profile } from '../src/compile/program/profile.ts';
import { trace } from '../src/compile/trace/trace-backend.ts';
import { nanosecondsNow } from '../src/compile/wasm/clocks.ts';
import { InputError } from '../src/errors.ts';
import { measuredLimit } from './limit.ts';
import { type ProblemName, problemOf, settings, updates } from './problems.ts';
import { countProducts } from './products.ts';

const [WARM, STEPS] = [3, 12];

/** Percent of the time of all threads. */
export interface ProfileRow extends TimeShares {
  problem: ProblemName;
  engine: string;
  threads: number;
  /** Milliseconds of an update, which looks at the clock before and after every step. */
  ms: number;
  /** Operations of products over the time in them, and its part of the limit of one core, in percent. */
  gflops: number;
  share: number;
}

/** @throws InputError for an engine without clocks, and on a machine that does not have it */
export async function profile(
  problems: readonly ProblemName[],
  { engine: name, threads = availableParallelism() }: { engine: TargetName | 'compiled'; threads?: number },
  progress: (line: string) => void,
): Promise<ProfileRow[]> {
  const target = name === 'compiled' ? (isSupported() ? 'avx512' : 'avx2') : name;
  if (!(target === 'avx512' && isSupported()) && !(target === 'avx2' && hasAvx2()) && target !== 'wasm')
    throw new InputError(
      `--profile: ${target} has no clocks around its steps, or this machine does not have it: expected --engine avx512, avx2 or wasm`,
    );
  const now = target === 'wasm' ? nanosecondsNow : cyclesNow;
  const limit = await measuredLimit(target, 1);
  const rows: ProfileRow[] = [];
  for (const problem of problems) {
    const made = problemOf(settings[problem]());
    const clocks = new Profile();
    const engine = compiledEngine({ target, threads, profile: clocks });
    const program = await engine.compile(made.step, made.inputs);
    const next = updates(program, made);
    for (let i = 0; i < WARM; i++) await next();
    clocks.take();
    const [begun, started] = [now(), performance.now()];
    for (let i = 0; i < STEPS; i++) await next();
    const [wall, ms] = [now() - begun, performance.now() - started];
    const ticks = clocks.take();
    await engine.dispose();
    const operations = STEPS * countProducts(Object.values(trace(made.step, made.inputs).outputs));
    rows.push(rowOf({ problem, target, threads, wall, ms, ticks, operations, limit: limit.one }));
    progress(`${problem}: profiled`);
  }
  return rows;
}

interface Found {
  problem: ProblemName;
  target: string;
  threads: number;
  /** Ticks of the engine's clocks, and milliseconds, of all steps. */
  wall: number;
  ms: number;
  ticks: Record<string, number>;
  operations: number;
  limit: number;
}

export function rowOf({ problem, target, threads, wall, ms, ticks, operations, limit }: Found): ProfileRow {
  const shares = timeShares(ticks, threads * wall);
  const gflops = operations / 1e9 / (((threads * shares.products) / 100) * (ms / 1000));
  return {
    problem,
    engine: target,
    threads,
    ms: ms / STEPS,
    ...shares,
    gflops,
    share: (100 * gflops) / limit,
  };
}

export function profileText(rows: readonly ProfileRow[]): string[] {
  const whole = (value: number) => `${value.toFixed(0)}%`;
  return [
    ...textTable([
      ['problem', 'engine', 'threads', 'ms a step', 'products', 'entrywise', 'memory', 'waiting', 'GFLOP/s in products', 'of the limit'],
      ...rows.map((row) => [row.problem, row.engine, `${row.threads}`, row.ms.toFixed(0), ...[row.products, row.entrywise, row.memory, row.waiting].map(whole), row.gflops.toFixed(0), whole(row.share)]),
    ]),
    ...rows.map(({ problem, kinds }) => `${problem}: ${kindsText(kinds)}`),
  ]; // biome-ignore format: a table
}
