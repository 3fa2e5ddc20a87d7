/** @file A comparison as text: tables for the terminal and for Markdown. */
import { textTable } from '../runs/table.ts';
import {
  dayOf,
  type Framework,
  isMeasured,
  limitShare,
  met,
  type Origin,
  ours,
  type ProblemResult,
  productRate,
  type Row,
  type Target,
  targets,
} from './results.ts';

/** What the forms are called. */
const titles: Record<Framework, Record<string, string>> = {
  ebmm: { compiled: 'ebmm', bfloat16x6: 'ebmm, bfloat16x6', bfloat16x3: 'ebmm, bfloat16x3' },
  jax: { vmap: 'JAX, vmap', map: 'JAX, map', unrolled: 'JAX, unrolled' },
  torch: {
    func: 'PyTorch, torch.func',
    autograd: 'PyTorch, autograd',
    loop: 'PyTorch, autograd in a loop',
    compiled: 'PyTorch, compiled',
  },
};

export const rowTitle = ({ framework, form }: Pick<Row, 'framework' | 'form'>) =>
  titles[framework][form] ?? `${framework}, ${form}`;

const milliseconds = (ms: number) => (ms < 9.95 ? ms.toFixed(1) : ms.toFixed(0));
const seconds = (s: number) => (s < 0.05 ? '-' : s < 9.95 ? s.toFixed(1) : s.toFixed(0));
const megabytes = (bytes: number) => (bytes / 1e6).toFixed(0);

const HEADER = ['contestant', 'ms a step', '5-95%', 'times ours', 'compiled in s', 'peak MB'];

function cells(result: ProblemResult, row: Row): string[] {
  if (!isMeasured(row)) return [rowTitle(row), '-', '-', '-', '-', '-'];
  const ratio = row === ours(result) ? '1' : (row.median / ours(result).median).toFixed(2);
  return [
    rowTitle(row),
    milliseconds(row.median),
    `${milliseconds(row.p5)}-${milliseconds(row.p95)}`,
    ratio,
    seconds(row.compile),
    megabytes(row.peak),
  ];
}

/** What is to be said of a row. */
function remark(row: Row): string | undefined {
  if (!isMeasured(row)) return `${rowTitle(row)}: ${row.failure}`;
  if (row.earlier)
    return `${rowTitle(row)}: measured ${row.earlier}, not run again, as it was far from the best form`;
  if (row.stopped)
    return `${rowTitle(row)}: stopped after ${row.steps} ${row.steps === 1 ? 'step' : 'steps'}, ${row.stopped.toFixed(1)} times as slow as the best form`;
  return undefined;
}

/** Lines under the table of a problem: what our products make of the machine, and who has no result, and why. */
function notes(result: ProblemResult): string[] {
  const own = productRate(result);
  const share = limitShare(result);
  const { limit } = result;
  const percent = (part: number) => `${(100 * part).toFixed(0)}%`;
  const ofLimit = limit && share !== undefined ? `, ${percent(share)} of the ${limit.all.toFixed(0)} GFLOP/s that all cores multiply and add at most (one: ${limit.one.toFixed(0)})` : ''; // biome-ignore format: one thought
  const then = limit?.during ? `, ${percent(own / limit.during)} of the ${limit.during.toFixed(0)} that they had between the rounds (median)` : ''; // biome-ignore format: one thought
  return [
    `${result.operations} operations; ${(result.products / 1e9).toFixed(2)} GFLOP of products a step: ${own.toFixed(0)} GFLOP/s${ofLimit}${then}`,
    ...result.rows.flatMap((row) => remark(row) ?? []),
  ];
}

/** Where and when, and with what. */
const originText = ({ measured, machine, versions }: Origin) => {
  const named = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return `Measured ${dayOf({ measured })}: ${machine.cpu}, ${machine.cores} cores, ${machine.memory_gb} GB; ${named.join(', ')}.`;
};

/** For the terminal. */
export const problemText = (result: ProblemResult): string[] => [
  `${result.name}: ${result.title}`,
  ...textTable([HEADER, ...result.rows.map((row) => cells(result, row))]),
  ...notes(result),
];

/** Laid out as the formatter of this repository wants it; the first `left` columns are flush left, the others right. */
function markdownTable(rows: string[][], left = 1): string[] {
  const widths = rows[0].map((_, i) => Math.max(3, ...rows.map((row) => row[i].length)));
  const [header, ...rest] = rows.map((row) =>
    row.map((cell, i) => (i < left ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))),
  );
  const rule = widths.map((width, i) => (i < left ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`));
  return [header, rule, ...rest].map((row) => `| ${row.join(' | ')} |`);
}

const value = ({ value: v }: Target) => (v === undefined ? '-' : v.toPrecision(2));
const verdict = (target: Target) =>
  ({ true: 'met', false: 'not met', undefined: 'not measured' })[`${met(target)}`];

/** All targets, each with where it was measured where that is not the same for all. */
function targetRows(results: ProblemResult[], engine?: string): string[][] {
  const where = ({ machine: { cpu, cores }, measured }: Origin) => `${cpu}, ${cores} cores, ${dayOf({ measured })}`; // biome-ignore format: one thought
  const mixed = new Set(results.map(where)).size > 1;
  const header = ['problem', 'target', 'aim', 'measured', 'verdict', ...(mixed ? ['on'] : [])];
  return [
    header,
    ...results.flatMap((result) =>
      targets(result, engine).map((target) => [...targetRow(target), ...(mixed ? [where(result)] : [])]),
    ),
  ];
}

const targetRow = (target: Target) => [
  target.problem,
  target.what,
  `${target.least ? 'at least' : 'at most'} ${target.bound}`,
  value(target),
  verdict(target),
];

/** All targets, for the terminal. */
export const targetText = (results: ProblemResult[], engine?: string): string[] =>
  textTable(targetRows(results, engine));

/** All of a comparison: a section for each problem, then the targets. */
export function markdown(results: ProblemResult[], engine?: string): string {
  const sections = results.flatMap((result) => [
    `### ${result.name}`,
    '',
    `${result.title}. ${originText(result)}`,
    '',
    ...markdownTable([HEADER, ...result.rows.map((row) => cells(result, row))]),
    '',
    ...notes(result).flatMap((note) => [`- ${note}`]),
    '',
  ]);
  const aims = markdownTable(targetRows(results, engine), 3);
  return [...sections, '### Targets', '', ...aims].join('\n');
}
