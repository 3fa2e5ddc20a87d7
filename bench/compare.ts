/**
 * @file One problem, all contestants: made ready one after another, checked to do the same work, timed in turn in rounds of a
 * few steps, so that a machine whose speed drifts slows all of them. Only one is ever busy, but for the two that compile longest.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { decodeSafetensors } from '../meta/safetensors.ts';
import { type Products, productNames, type TargetName } from '../src/compile/index.ts';
import { hasAvx2, hasTiles, isSupported } from '../src/compile/native/machine.ts';
import { hasVectors } from '../src/webassembly/runtime.ts';
import { agreement, disagreement, type Outcome } from './agreement.ts';
import { type Contestant, ContestantError, start } from './contestant.ts';
import { type LimitTarget, LimitWatch } from './limit.ts';
import { type ProblemName, problemOf, settings } from './problems.ts';
import { type Framework, type Measured, type ProblemResult, type Row, summary } from './results.ts';
import { type Earlier, knownRow, lostBy } from './slow-forms.ts';
import { rowTitle } from './tables.ts';

export interface Form {
  framework: Exclude<Framework, 'ebmm'>;
  form: string;
}

/** Peers by the names that `--forms` takes. */
export const forms = {
  'jax-vmap': { framework: 'jax', form: 'vmap' },
  'jax-map': { framework: 'jax', form: 'map' },
  'jax-unrolled': { framework: 'jax', form: 'unrolled' },
  'torch-func': { framework: 'torch', form: 'func' },
  'torch-autograd': { framework: 'torch', form: 'autograd' },
  'torch-loop': { framework: 'torch', form: 'loop' },
  'torch-compiled': { framework: 'torch', form: 'compiled' },
} as const satisfies Record<string, Form>;

export type FormName = keyof typeof forms;

export interface CompareOptions {
  device: string;
  threads?: number;
  /** Ours: `compiled` is the fastest that the machine has; with `avx2` the peers are held to AVX2 too. */
  engine: TargetName | 'compiled';
  /** Peers; none leaves this project alone. */
  peers: FormName[];
  /** The Python that has them. */
  python: string;
  /** Greatest number of rounds, and seconds of stepping after which no further round begins. */
  rounds: number;
  seconds: number;
  /** Steps a round, of which the first, which warms the caches, does not count. */
  steps: number;
  /** Seconds that a contestant may take to compile. */
  compileLimit: number;
  /** What earlier runs found: forms that were far from the best there are not run again. */
  earlier: Earlier;
  progress(line: string): void;
}

interface Entry {
  framework: Framework;
  form: string;
  contestant: Contestant;
  agreement?: Measured['agreement'];
  times: number[];
  peak: number;
  stopped?: number;
}

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** Starts `bench/ours.ts` on a problem. */
function startOurs(
  name: ProblemName,
  out: string,
  { device, threads, engine, compileLimit }: CompareOptions,
  products: Products = 'float32',
) {
  const args = ['--import', import.meta.resolve('tsx'), here('ours.ts'), name, out, device, products, engine];
  return start(process.execPath, threads ? [...args, String(threads)] : args, compileLimit);
}

/** Other products that this machine has: rows beside ours, which the targets are not about. */
const otherProducts = ({ device, engine }: CompareOptions): Products[] =>
  device === 'cpu' && engine === 'compiled' && hasTiles()
    ? productNames.filter((name) => name !== 'float32')
    : [];

/** What a contestant's first two steps came to; `out` is the file that it was told to write. */
export const outcomeOf = ({ ready }: Contestant, out: string): Outcome => ({
  losses: ready.losses,
  norm: ready.norm,
  moments: decodeSafetensors(readFileSync(out), out).tensors,
});

/** What holds peers to AVX2: XLA's own setting, and those of PyTorch's kernels and of oneDNN. */
const HELD_TO_AVX2 = {
  XLA_FLAGS: '--xla_cpu_max_isa=AVX2',
  ATEN_CPU_CAPABILITY: 'avx2',
  DNNL_MAX_CPU_ISA: 'AVX2',
};

/** Starts a peer on a problem's file; it writes the first moments into `out`. @throws as `start` */
export function startPeer(
  peer: FormName,
  python: string,
  file: string,
  out: string,
  compileLimit: number,
  engine: CompareOptions['engine'] = 'compiled',
) {
  const { framework, form } = forms[peer];
  const env = engine === 'avx2' ? HELD_TO_AVX2 : {};
  return start(python, [here(`peers/${framework}_peer.py`), file, form, out], compileLimit, env);
}

/** What the limit of the machine is measured with. */
function limitTarget({ engine }: CompareOptions): LimitTarget | undefined {
  if (engine === 'avx2' || engine === 'wasm') return engine;
  if (isSupported()) return 'avx512';
  return hasAvx2() ? 'avx2' : hasVectors() ? 'wasm' : undefined;
}

/** @throws Error when a peer's losses or gradients are not ours */
export async function compare(
  name: ProblemName,
  options: CompareOptions,
): Promise<Omit<ProblemResult, 'machine'>> {
  const { peers, python, progress, earlier, compileLimit } = options;
  const started = performance.now();
  const problem = problemOf(settings[name]());
  const folder = mkdtempSync(join(tmpdir(), 'ebmm-bench-'));
  const entries: Entry[] = [];
  /** Of those that are not run, or did not come so far. */
  const others: Row[] = [];
  const versions: Record<string, string> = {};
  const enter = (who: Pick<Entry, 'framework' | 'form' | 'agreement'>, contestant: Contestant) => {
    Object.assign(versions, contestant.ready.versions);
    entries.push({ ...who, contestant, times: [], peak: 0 });
    progress(`${name}: ${rowTitle(who)} compiled in ${contestant.ready.compile.toFixed(1)} s`);
  };
  try {
    const file = join(folder, 'problem.safetensors');
    writeFileSync(file, problem.file);
    const out = (who: string) => join(folder, `${who}.safetensors`);
    const own = await startOurs(name, out('ebmm'), options);
    enter({ framework: 'ebmm', form: 'compiled' }, own);
    const ownOutcome = outcomeOf(own, out('ebmm'));
    const contestants = [
      ...otherProducts(options).map((products) => ({
        framework: 'ebmm' as const,
        form: products,
        file: out(products),
        start: () => startOurs(name, out(products), options, products),
      })),
      ...peers.map((peer) => ({
        ...forms[peer],
        file: out(peer),
        start: () => startPeer(peer, python, file, out(peer), options.compileLimit, options.engine),
      })),
    ];
    const toStart: typeof contestants = [];
    for (const contestant of contestants) {
      const { framework } = contestant;
      const known = framework === 'ebmm' ? undefined : knownRow(contestant, earlier, compileLimit);
      if (known) {
        others.push(known);
        progress(`${name}: ${rowTitle(known)} is not run again: far from the best form, or did not compile`);
      } else toStart.push(contestant);
    }
    const late = toStart.filter(compilesLong);
    for (const group of [...toStart.filter((one) => !compilesLong(one)).map((one) => [one]), late]) {
      const started = await Promise.allSettled(group.map(({ start }) => start()));
      const wrong: string[] = [];
      for (const [i, { framework, form, file }] of group.entries()) {
        const begun = started[i];
        if (begun.status === 'rejected') continue;
        const found = agreement(ownOutcome, outcomeOf(begun.value, file));
        enter({ framework, form, agreement: found }, begun.value);
        const difference = disagreement(found);
        if (difference)
          wrong.push(`${name}, ${rowTitle({ framework, form })}: not the same work: ${difference}`);
      }
      for (const [i, { framework, form }] of group.entries()) {
        const begun = started[i];
        if (begun.status === 'fulfilled') continue;
        const { reason } = begun;
        if (!(reason instanceof ContestantError)) throw reason;
        others.push({ framework, form, failure: reason.message, limit: reason.limit });
        progress(`${name}: ${rowTitle({ framework, form })}: ${reason.message}`);
      }
      if (wrong.length > 0) throw new Error(wrong[0]);
    }
    const compiled = performance.now();
    const target = limitTarget(options);
    const limit = target && new LimitWatch(target, options.threads ?? availableParallelism());
    try {
      // Before and after, since a machine's speed drifts.
      await limit?.measure();
      await rounds(entries, name, options, limit);
      await limit?.measure();
    } finally {
      await limit?.end();
    }
    const own0 = own.ready;
    const took = (from: number) => ((performance.now() - from) / 1000).toFixed(0);
    progress(`${name}: ${took(started)} s, ${took(compiled)} of them after compiling`);
    return {
      name,
      title: problem.title,
      measured: new Date().toISOString(),
      versions,
      loss: own0.losses[0],
      norm: own0.norm,
      operations: own0.operations!,
      products: own0.products!,
      limit: limit?.found(),
      rows: inOrder([...entries.map(rowOf), ...others]),
    };
  } finally {
    await Promise.all(entries.map(({ contestant }) => contestant.close()));
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Forms that take a minute or more to compile, each on one core nearly all the time: they do so side by side. */
const compilesLong = ({ framework, form }: { framework: Framework; form: string }) =>
  (framework === 'jax' && form === 'unrolled') || (framework === 'torch' && form === 'compiled');

/** Seconds that a slow contestant steps in a round before the next has its turn. */
const SLICE = 4;

/** Times all contestants in turn, but for those that have certainly lost. */
async function rounds(
  entries: Entry[],
  name: string,
  { rounds, seconds, steps, progress }: CompareOptions,
  limit?: LimitWatch,
): Promise<void> {
  const started = performance.now();
  for (let round = 0; round < rounds; round++) {
    if (round > 0 && performance.now() - started > 1000 * seconds) break;
    const running = entries.filter(({ stopped }) => stopped === undefined);
    for (const entry of running) {
      await stepInTurn(entry, steps);
      const lost = entry.framework === 'ebmm' ? undefined : lostBy(entry, entries);
      if (lost === undefined) continue;
      entry.stopped = lost;
      await entry.contestant.close();
    }
    await limit?.look();
    progress(`${name}: round ${round + 1} of ${rounds}, ${running.length} contestants`);
  }
}

/** The first step warms the caches and does not count. */
async function stepInTurn(entry: Entry, steps: number): Promise<void> {
  let left = steps - 1;
  let seconds = 0;
  const take = async (count: number, skipped: number) => {
    const { times, peak } = await entry.contestant.step(count);
    seconds += times.reduce((sum, ms) => sum + ms, 0) / 1000;
    entry.times.push(...times.slice(skipped));
    entry.peak = Math.max(entry.peak, peak);
  };
  await take(2, 1);
  while (--left > 0 && seconds < SLICE) await take(1, 0);
}

/** As in `forms`, after ours. */
function inOrder(rows: readonly Row[]): Row[] {
  const place = (row: Row) => Object.values(forms).findIndex((peer) => peer.framework === row.framework && peer.form === row.form); // biome-ignore format: one thought
  return [...rows].sort((a, b) => place(a) - place(b));
}

const rowOf = ({ framework, form, contestant, agreement, times, peak, stopped }: Entry): Measured => ({
  framework,
  form,
  ...summary(times),
  compile: contestant.ready.compile,
  peak,
  lifetime_peak: Math.max(contestant.ready.peak, peak),
  agreement,
  stopped,
});
