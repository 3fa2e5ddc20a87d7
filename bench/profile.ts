/** @file Where the time of an update goes: cycles of every kind of step on all threads, and what is left, which is waiting and JavaScript. */
import { availableParallelism } from 'node:os';
import { textTable } from '../runs/table.ts';
import { compiledEngine, type TargetName } from '../src/compile/index.ts';
import { hasAvx2, isSupported } from '../src/compile/native/machine.ts';
import { cyclesNow, Profile } from '../src/compile/native/profile.ts';
import { trace } from '../src/compile/trace/trace-backend.ts';
import { InputError } from '../src/errors.ts';
import { measuredLimit } from './limit.ts';
import { type ProblemName, problemOf, settings, updates } from './problems.ts';
import { countProducts } from './products.ts';

const [WARM, STEPS] = [3, 12];

/** What steps are called, and what they are. Others move or lay out memory. */
const products = ['product', 'convolution', 'filter-gradient', 'tiles', 'split'];
const groups: Record<string, string[]> = { products, entrywise: ['loop', 'sum', 'add'] };

export interface ProfileRow {
  problem: ProblemName;
  engine: string;
  threads: number;
  /** Milliseconds of an update, which looks at the clock before and after every step. */
  ms: number;
  /** Parts of the time of all threads, in percent. */
  products: number;
  entrywise: number;
  memory: number;
  waiting: number;
  /** Operations of products over the time in them, and its part of the limit of one core, in percent. */
  gflops: number;
  share: number;
  /** Percent by kind of step. */
  kinds: Record<string, number>;
}

/** @throws InputError where there is no machine code */
export async function profile(
  problems: readonly ProblemName[],
  { engine: name, threads = availableParallelism() }: { engine: TargetName | 'compiled'; threads?: number },
  progress: (line: string) => void,
): Promise<ProfileRow[]> {
  const target = name === 'compiled' ? (isSupported() ? 'avx512' : 'avx2') : name;
  if (!(target === 'avx512' && isSupported()) && !(target === 'avx2' && hasAvx2()))
    throw new InputError(
      `--profile: only machine code is profiled, expected --engine avx512 or avx2 on a machine that has it`,
    );
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
    const [begun, started] = [cyclesNow(), performance.now()];
    for (let i = 0; i < STEPS; i++) await next();
    const [wall, ms] = [cyclesNow() - begun, performance.now() - started];
    const cycles = clocks.take();
    await engine.dispose();
    const operations = STEPS * countProducts(Object.values(trace(made.step, made.inputs).outputs));
    rows.push(rowOf({ problem, target, threads, wall, ms, cycles, operations, limit: limit.one }));
    progress(`${problem}: profiled`);
  }
  return rows;
}

interface Found {
  problem: ProblemName;
  target: string;
  threads: number;
  /** Cycles and milliseconds of all steps. */
  wall: number;
  ms: number;
  cycles: Record<string, number>;
  operations: number;
  limit: number;
}

export function rowOf({ problem, target, threads, wall, ms, cycles, operations, limit }: Found): ProfileRow {
  const all = threads * wall;
  const percent = (part: number) => (100 * part) / all;
  const busy = Object.values(cycles).reduce((sum, part) => sum + part, 0);
  const of = (kinds: readonly string[]) => kinds.reduce((sum, kind) => sum + (cycles[kind] ?? 0), 0);
  const inProducts = of(groups.products);
  const entrywise = of(groups.entrywise);
  const gflops = operations / 1e9 / ((inProducts / wall) * (ms / 1000));
  return {
    problem,
    engine: target,
    threads,
    ms: ms / STEPS,
    products: percent(inProducts),
    entrywise: percent(entrywise),
    memory: percent(busy - inProducts - entrywise),
    waiting: percent(all - busy),
    gflops,
    share: (100 * gflops) / limit,
    kinds: Object.fromEntries(Object.entries(cycles).map(([kind, part]) => [kind, percent(part)])),
  };
}

export function profileText(rows: readonly ProfileRow[]): string[] {
  const whole = (value: number) => `${value.toFixed(0)}%`;
  return [
    ...textTable([
      ['problem', 'engine', 'threads', 'ms a step', 'products', 'entrywise', 'memory', 'waiting', 'GFLOP/s in products', 'of the limit'],
      ...rows.map((row) => [row.problem, row.engine, `${row.threads}`, row.ms.toFixed(0), ...[row.products, row.entrywise, row.memory, row.waiting].map(whole), row.gflops.toFixed(0), whole(row.share)]),
    ]),
    ...rows.map(({ problem, kinds }) => `${problem}: ${Object.entries(kinds).sort((a, b) => b[1] - a[1]).map(([kind, part]) => `${kind} ${part.toFixed(1)}%`).join(', ')}`),
  ]; // biome-ignore format: a table
}
