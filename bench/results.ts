/** @file What a comparison measured, and what follows from it: ratios of medians, and whether the targets are met. */

import { quantile } from '../runs/evaluation.ts';
import type { Agreement } from './agreement.ts';
import type { LimitFound } from './limit.ts';
import type { ProblemName } from './problems.ts';

export type Framework = 'ebmm' | 'jax' | 'torch';

/** A contestant's result, or why it has none. */
export type Row = Measured | Unmeasured;

export interface Unmeasured {
  framework: Framework;
  form: string;
  failure: string;
  /** Seconds that it was given to compile, where those were too few. */
  limit?: number;
}

/** Where and when something was measured, and with what. */
export interface Origin {
  /** When it ended, ISO 8601. */
  measured: string;
  machine: { cpu: string; cores: number; memory_gb: number };
  versions: Record<string, string>;
}

export interface Measured {
  framework: Framework;
  form: string;
  /** Milliseconds a step. */
  median: number;
  p5: number;
  p95: number;
  /** Steps that were timed. */
  steps: number;
  /** Seconds. */
  compile: number;
  /** Greatest resident memory while stepping, and from the start of the process, in bytes. */
  peak: number;
  lifetime_peak: number;
  /** With ours; all others. */
  agreement?: Agreement;
  /** How many times slower than the best form of its framework it was when its steps ended, before those of the others. */
  stopped?: number;
  /** The day, where it was not run with the rest: it was found so far from the best form of its framework then. */
  earlier?: string;
}

export interface ProblemResult extends Origin {
  name: ProblemName;
  title: string;
  loss: number;
  norm: number;
  /** Operations of our graph, and floating-point operations of its products. */
  operations: number;
  products: number;
  /** What the machine multiplies and adds at most (limit.ts). */
  limit?: LimitFound;
  /** Ours comes first. */
  rows: Row[];
}

/** The day of a measurement, YYYY-MM-DD. */
export const dayOf = ({ measured }: Pick<Origin, 'measured'>) => measured.slice(0, 10);

export const isMeasured = (row: Row): row is Measured => 'median' in row;

/** Median and 5th and 95th percentile of times in milliseconds. */
export function summary(times: number[]): Pick<Measured, 'median' | 'p5' | 'p95' | 'steps'> {
  return {
    median: quantile(times, 0.5),
    p5: quantile(times, 0.05),
    p95: quantile(times, 0.95),
    steps: times.length,
  };
}

export const ours = ({ rows }: ProblemResult): Measured =>
  rows.find(
    (row): row is Measured => row.framework === 'ebmm' && row.form === 'compiled' && isMeasured(row),
  )!;

/** The fastest form of a framework. */
export function best({ rows }: ProblemResult, framework: Framework): Measured | undefined {
  const measured = rows.filter((row): row is Measured => row.framework === framework && isMeasured(row));
  return measured.sort((a, b) => a.median - b.median)[0];
}

/** Our products' floating-point operations a second, in units of 1e9. */
export const productRate = (result: ProblemResult) => result.products / (1e6 * ours(result).median);

/** What was aimed at, and what came out; without a value where what it needs was not measured. */
export interface Target {
  problem: ProblemName;
  what: string;
  /** The aim: at least or at most this. */
  bound: number;
  least: boolean;
  value?: number;
}

export const met = ({ bound, least, value }: Target) =>
  value === undefined ? undefined : least ? value >= bound : value <= bound;

/** The fastest of all peers. */
export function bestPeer(result: ProblemResult): Measured | undefined {
  const peers = (['jax', 'torch'] as const).flatMap((framework) => best(result, framework) ?? []);
  return peers.sort((a, b) => a.median - b.median)[0];
}

/** Part of the machine's limit that our products reach. */
export const limitShare = (result: ProblemResult) => result.limit && productRate(result) / result.limit.all;

/** How many times as fast as the fastest peer the project wants to be; on another engine than the fastest, where peers are held to the same. */
export const SPEED_TARGETS: Record<ProblemName, number> = {
  reference: 3,
  wide: 3,
  site: 3,
  gated: 2.5,
  conv: 3,
};
export const HELD_SPEED_TARGET = 1.5;
/** Seconds within which every problem is to be compiled. */
export const COMPILE_TARGET = 1.5;

/** @param engine that ran it */
export function targets(result: ProblemResult, engine = 'compiled'): Target[] {
  const own = ours(result);
  const jax = best(result, 'jax');
  const peer = bestPeer(result);
  const { name: problem } = result;
  const list: Target[] = [
    { problem, what: 'times as fast as the fastest peer', bound: engine === 'compiled' ? SPEED_TARGETS[problem] : HELD_SPEED_TARGET, least: true, value: peer && peer.median / own.median },
    { problem, what: "compile time, part of that of JAX's fastest form", bound: 0.1, least: false, value: jax && own.compile / jax.compile },
    { problem, what: 'compile time in seconds', bound: COMPILE_TARGET, least: false, value: own.compile },
    { problem, what: "peak memory, part of that of JAX's fastest form", bound: 1, least: false, value: jax && own.peak / jax.peak },
  ]; // biome-ignore format: a table
  if (problem === 'reference' && engine === 'compiled')
    list.push({ problem, what: "part of the machine's multiply-add limit", bound: 0.65, least: true, value: limitShare(result) }); // biome-ignore format: as the others
  return list;
}

/** What the table of BENCHMARKS.md says of a problem. */
export function summaryRow(result: ProblemResult) {
  const own = ours(result);
  const [jax, torch] = (['jax', 'torch'] as const).map((framework) => best(result, framework));
  const peer = bestPeer(result);
  const share = limitShare(result);
  return {
    problem: result.name,
    cpu: result.machine.cpu,
    cores: result.machine.cores,
    day: dayOf(result),
    ms: own.median,
    jax: jax?.median,
    jax_form: jax?.form,
    torch: torch?.median,
    torch_form: torch?.form,
    times: peer && peer.median / own.median,
    compile: own.compile,
    jax_compile: jax?.compile,
    megabytes: own.peak / 1e6,
    jax_megabytes: jax && jax.peak / 1e6,
    gflops: productRate(result),
    limit: result.limit?.all,
    share: share === undefined ? undefined : 100 * share,
    share_during: result.limit?.during && (100 * productRate(result)) / result.limit.during,
  };
}

/** The middle of some times, of an even number the upper one: one that was measured. */
export const median = (times: readonly number[]) => [...times].sort((a, b) => a - b)[times.length >> 1];
