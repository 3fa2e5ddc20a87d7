/** @file Error against memory size at a fixed number of patterns: how much memory a given error costs. */
import * as args from '../../src/arguments.ts';
import { InputError } from '../../src/errors.ts';
import { checkNames, type Names } from '../../src/option-names.ts';
import type { Evaluation } from '../records.ts';
import { axisTitle, logAxis, scaleNote } from './axis.ts';
import { bandsIn, type ErrorScale, type ErrorSeries, errorChart } from './error-chart.ts';
import {
  CHART,
  conditions,
  EVALUATION,
  errorTitle,
  finest,
  groupRows,
  TRAINED,
  taskTitle,
  unitOf,
} from './evaluations.ts';
import { formatNumber } from './numbers.ts';
import type { Format } from './surface.ts';

export interface RateDistortionOptions {
  /** Of the trained memory of a single evaluation; default as in the evaluation. */
  name?: string;
  /** Patterns stored at once. Default: the load with the most rows, and among equals the greatest. */
  patterns?: number;
  /** Default 'auto': logarithmic (linear near zero) when errors span more than two decades. */
  scale?: ErrorScale;
  /** Default: png. */
  format?: Format;
}

const oneOrMore = (given: unknown) => (Array.isArray(given) ? args.listOf(EVALUATION) : EVALUATION);

/** A series of every memory, its errors against one of its sizes. */
const seriesOf = (
  rows: Evaluation['rows'],
  size: 'floats' | 'memory_bits',
  trained: string | undefined,
): ErrorSeries[] =>
  groupRows(rows, size).map(({ memory, rows: group }) => ({
    name: (memory === TRAINED && trained) || memory,
    detail: '',
    kind: memory === TRAINED ? 'trained' : 'rival',
    points: group.map((row) => ({ x: row[size]!, error: row.error, low: row.error_p5, high: row.error_p95 })),
  }));

const { name, patterns, scale, format } = CHART;
const NAMES: Names<RateDistortionOptions> = { name, patterns, scale, format };

/**
 * A PNG of error against floats, both logarithmic where errors span enough. Evaluations of several runs, whose memories
 * differ in size, go into one chart; they must agree on task, corruption, known entries and unit, else InputError.
 */
export function rateDistortion(
  evaluations: Evaluation | Evaluation[],
  options: RateDistortionOptions = {},
): Uint8Array {
  checkNames('rateDistortion', options, NAMES);
  args.check('rateDistortion', {
    evaluations: [evaluations, oneOrMore(evaluations)],
  });
  const all = Array.isArray(evaluations) ? merge(evaluations) : evaluations;
  const unit = unitOf(all);
  const patterns = options.patterns ?? commonest(all.rows.map((row) => row.patterns));
  const rows = finest(all.rows.filter((row) => row.patterns === patterns));
  if (rows.length === 0) {
    const loads = [...new Set(all.rows.map((row) => row.patterns))].sort((a, b) => a - b);
    throw new InputError(
      `evaluation of ${all.task} has no rows for ${patterns} patterns, only for ${loads.join(', ')}`,
    );
  }
  const series: ErrorSeries[] = seriesOf(rows, 'floats', options.name);
  // Where the memory takes as many bits as the patterns do as given.
  const even = rows[0].compression * rows[0].floats;
  const x = logAxis(rows.map((row) => row.floats));
  const marked = x.place(even) >= x.min && x.place(even) <= x.max;
  return errorChart({
    format: options.format,
    title: `${taskTitle(all.task)}: recall error against memory size, ${formatNumber(patterns)} patterns`,
    notes: [
      ...conditions({ ...all, rows }, bandsIn(series)),
      marked ? `dotted: as many bits as the patterns themselves (${formatNumber(even, 4)} floats)` : '',
    ],
    xTitle: axisTitle('Memory size', 'float32 numbers', scaleNote(x)),
    x,
    ...errorTitle(all, unit),
    scale: options.scale,
    series,
    marks: marked ? [even] : [],
  });
}

/**
 * A PNG of error against bits of memory, of rows whose numbers were rounded; dotted lines where the patterns themselves take as many
 * bits: as given, and without loss. Evaluations of several runs go into one chart, likewise. Memories that agree within 5% at all points are one line.
 */
export function bitsDistortion(
  evaluations: Evaluation | Evaluation[],
  options: RateDistortionOptions = {},
): Uint8Array {
  checkNames('bitsDistortion', options, NAMES);
  args.check('bitsDistortion', {
    evaluations: [evaluations, oneOrMore(evaluations)],
  });
  const all = Array.isArray(evaluations) ? merge(evaluations) : evaluations;
  const unit = unitOf(all);
  const counted = all.rows.filter((row) => row.memory_bits !== undefined);
  if (counted.length === 0)
    throw new InputError(`evaluation of ${all.task} says nothing of bits; evaluate --bits does`);
  const patterns = options.patterns ?? commonest(counted.map((row) => row.patterns));
  const rows = counted.filter((row) => row.patterns === patterns);
  if (rows.length === 0)
    throw new InputError(`evaluation of ${all.task} has no rows for ${patterns} patterns`);
  const series = alike(seriesOf(rows, 'memory_bits', options.name));
  const lossless = (all.references ?? [])
    .filter((reference) => reference.patterns === patterns)
    .sort((a, b) => a.bits - b.bits);
  const x = logAxis([...rows.map((row) => row.memory_bits!), ...lossless.map(({ bits }) => bits)]);
  const said = lossless.map(({ name, bits }) => `${name} ${formatNumber(Math.round(bits))}`);
  return errorChart({
    format: options.format,
    title: `${taskTitle(all.task)}: recall error against bits of memory, ${formatNumber(patterns)} patterns`,
    notes: [
      ...conditions({ ...all, rows }, bandsIn(series)),
      said.length > 0 ? `dotted, from the left: the patterns without loss, ${said.join(', ')} bits` : '',
    ],
    xTitle: axisTitle('Memory', 'bits, scales counted', scaleNote(x)),
    x,
    ...errorTitle(all, unit),
    scale: options.scale,
    series,
    marks: lossless.map(({ bits }) => bits),
  });
}

/** Two errors, or numbers of bits, that no eye tells apart on these axes. */
const near = (a: number, b: number) => Math.abs(a - b) <= NEAR * Math.max(Math.abs(a), Math.abs(b));
const NEAR = 0.05;

/** Memories whose points are the same to the eye are one line with the first one's name, and a word of how many others. */
function alike(series: ErrorSeries[]): ErrorSeries[] {
  const groups: ErrorSeries[][] = [];
  for (const one of series) {
    const same = groups.find(
      ([{ points, kind }]) =>
        kind === one.kind &&
        points.length === one.points.length &&
        points.every((p, i) => near(p.x, one.points[i].x) && near(p.error, one.points[i].error)),
    );
    if (same) same.push(one);
    else groups.push([one]);
  }
  return groups.map(([first, ...others]) => ({
    ...first,
    detail:
      others.length === 0
        ? first.detail
        : others.length === 1
          ? `and ${others[0].name}`
          : `and ${others.length} others alike`,
  }));
}

function merge(evaluations: Evaluation[]): Evaluation {
  if (evaluations.length === 0) throw new InputError('no evaluation given, nothing to plot');
  const [first, ...others] = evaluations;
  for (const other of others) {
    for (const key of ['task', 'corruption', 'known', 'dimension'] as const) {
      if (other[key] !== first[key]) {
        throw new InputError(`evaluations to compare differ in ${key}: ${first[key]} and ${other[key]}`);
      }
    }
  }
  const { references } = evaluations.find((evaluation) => evaluation.references) ?? {};
  return { ...first, rows: evaluations.flatMap(({ rows }) => rows), references };
}

function commonest(values: number[]): number {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].sort(([a, n], [b, m]) => m - n || b - a)[0][0];
}
