/** @file What a comparison measured, and what follows from it: ratios of medians, and whether the targets are met. */

import { quantile } from '../runs/evaluation.ts';
import type { Agreement } from './agreement.ts';
import type { ProblemName } from './problems.ts';

export type Framework = 'ebmm' | 'jax' | 'torch';

/** A contestant's result, or why it has none. */
export type Row = Measured | { framework: Framework; form: string; failure: string };

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
}

export interface ProblemResult {
  name: ProblemName;
  title: string;
  loss: number;
  norm: number;
  /** Operations of our graph, and floating-point operations of its products. */
  operations: number;
  products: number;
  /** Floating-point operations a second of the large product in the same rounds, in units of 1e9. */
  rate: number;
  /** Ours comes first. */
  rows: Row[];
}

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

/** How many times faster than JAX's fastest form the project wants to be. */
export const SPEED_TARGETS: Partial<Record<ProblemName, number>> = {
  reference: 3,
  gated: 3,
  site: 2,
  conv: 2,
};

export function targets(result: ProblemResult): Target[] {
  const own = ours(result);
  const jax = best(result, 'jax');
  const { name: problem } = result;
  const list: Target[] = [];
  const speed = SPEED_TARGETS[problem];
  if (speed)
    list.push({
      problem,
      what: "times as fast as JAX's fastest form",
      bound: speed,
      least: true,
      value: jax && jax.median / own.median,
    });
  list.push(
    {
      problem,
      what: "compile time, part of that of JAX's fastest form",
      bound: 0.1,
      least: false,
      value: jax && own.compile / jax.compile,
    },
    {
      problem,
      what: "peak memory, part of that of JAX's fastest form",
      bound: 1,
      least: false,
      value: jax && own.peak / jax.peak,
    },
  );
  if (problem === 'reference')
    list.push({
      problem,
      what: "part of the machine's matrix-product rate",
      bound: 0.6,
      least: true,
      value: productRate(result) / result.rate,
    });
  return list;
}
