/** @file From the rows of an evaluation to what the charts say: names, sizes, units, conditions. */
import * as args from '../../src/arguments.ts';
import { InputError } from '../../src/errors.ts';
import type { Evaluation, EvaluationRow } from '../records.ts';
import { formatNumber } from './numbers.ts';
import { formats } from './surface.ts';

const ROW = args.fields({
  memory: args.text,
  patterns: args.number,
  floats: args.number,
  error: args.anyNumber,
  error_p5: args.optional(args.anyNumber),
  error_p95: args.optional(args.anyNumber),
  unit: args.text,
  memory_bits: args.optional(args.number),
  episodes: args.number,
});
/** What `evaluate --json` prints. */
export const EVALUATION = args.fields(
  {
    task: args.text,
    corruption: args.text,
    known: args.flag,
    dimension: args.number,
    rows: args.listOf(ROW),
    references: args.optional(
      args.listOf(args.fields({ patterns: args.number, name: args.text, bits: args.number })),
    ),
  },
  'an evaluation, as evaluateMemories gives it',
);
/** Options that charts have in common. */
export const CHART = {
  title: args.text,
  notes: args.listOf(args.text),
  format: args.oneOf(formats),
  name: args.text,
  patterns: args.whole(1),
  scale: args.oneOf(['auto', 'linear', 'log']),
  unit: args.text,
};

/** Rows of one memory, in the order of `by`. */
export interface MemoryRows {
  memory: string;
  rows: EvaluationRow[];
}

/** The rows grouped by memory: the trained one ("ebmm") first, the others in order of appearance; rows sorted by `by`. */
export function groupRows(rows: EvaluationRow[], by: 'patterns' | 'floats' | 'memory_bits'): MemoryRows[] {
  const groups = new Map<string, EvaluationRow[]>();
  for (const row of rows) {
    const group = groups.get(row.memory);
    if (group) group.push(row);
    else groups.set(row.memory, [row]);
  }
  return [...groups]
    .map(([memory, group]) => ({ memory, rows: group.sort((a, b) => (a[by] ?? 0) - (b[by] ?? 0)) }))
    .sort((a, b) => Number(b.memory === TRAINED) - Number(a.memory === TRAINED));
}

/** Of every memory, load and size in floats the row of most bits: where numbers were rounded, the one that lost least by it. */
export function finest(rows: EvaluationRow[]): EvaluationRow[] {
  const best = new Map<string, EvaluationRow>();
  for (const row of rows) {
    const key = `${row.memory} ${row.patterns} ${row.floats}`;
    if ((row.memory_bits ?? 0) >= (best.get(key)?.memory_bits ?? 0)) best.set(key, row);
  }
  return [...best.values()];
}

/** Name of the trained memory in every evaluation. */
export const TRAINED = 'ebmm';

/** "8,256 floats", or a range where the size depends on the patterns. */
export function sizeOf(rows: EvaluationRow[]): string {
  return `${rangeOf(rows.map(({ floats }) => floats))} floats`;
}

/** "16" or "16 to 128". */
export function rangeOf(values: number[]): string {
  const low = values.reduce((a, b) => Math.min(a, b));
  const high = values.reduce((a, b) => Math.max(a, b));
  return low === high ? formatNumber(low) : `${formatNumber(low)} to ${formatNumber(high)}`;
}

/** The unit all rows share; throws InputError when there are no rows or two units. */
export function unitOf(evaluation: Evaluation): EvaluationRow['unit'] {
  if (evaluation.rows.length === 0)
    throw new InputError(`evaluation of ${evaluation.task} has no rows, nothing to plot`);
  const { unit } = evaluation.rows[0];
  const other = evaluation.rows.find((row) => row.unit !== unit);
  if (other) {
    throw new InputError(
      `evaluation of ${evaluation.task} mixes units: ${unit} and ${other.unit} (${other.memory})`,
    );
  }
  return unit;
}

const TITLES: Record<string, string> = {
  binary: 'Random bits',
  omniglot: 'Omniglot',
  mnist: 'MNIST',
  cifar10: 'CIFAR-10',
  circle: 'Circle',
};

/** A task as a title says it: its name where it is not one of ours. */
export const taskTitle = (task: string): string => (Object.hasOwn(TITLES, task) ? TITLES[task] : task);

/** Title of the error axis, and what stands in parentheses behind it. */
export function errorTitle({ dimension }: Pick<Evaluation, 'dimension'>, unit: EvaluationRow['unit']) {
  return unit === 'bits'
    ? { errorTitle: 'Wrong bits per pattern', unit: `of ${formatNumber(dimension)}` }
    : { errorTitle: 'Squared error per pattern', unit: '' };
}

/** What was asked of a memory. */
export const question = ({ corruption, known }: Pick<Evaluation, 'corruption' | 'known'>): string[] => [
  `queries corrupted by ${corruption}`,
  known ? 'uncorrupted entries known' : 'uncorrupted entries not known',
];

/** How the errors were measured, for the line under the title; `bands`: what shows the percentiles, undefined where nothing does. */
export function conditions(evaluation: Evaluation, bands: string | undefined): string[] {
  const episodes = `${rangeOf(evaluation.rows.map(({ episodes }) => episodes))} episodes`;
  return [...question(evaluation), bands === undefined ? episodes : `${bands}: 5–95% of ${episodes}`];
}
