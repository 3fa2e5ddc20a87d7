/** @file Error against the number of patterns stored at once: every memory a line with its band, published results dashed. */
import * as args from '../../src/arguments.ts';
import { checkNames } from '../../src/option-names.ts';
import type { Evaluation, EvaluationRow } from '../records.ts';
import { type Axis, axisTitle, countAxis, scaleNote } from './axis.ts';
import { bandsIn, type ErrorScale, type ErrorSeries, errorChart } from './error-chart.ts';
import {
  CHART,
  conditions,
  EVALUATION,
  errorTitle,
  finest,
  groupRows,
  sizeOf,
  TRAINED,
  taskTitle,
  unitOf,
} from './evaluations.ts';
import { formatNumber } from './numbers.ts';
import { stripChart } from './strip-chart.ts';
import type { Format } from './surface.ts';

export interface PublishedCurve {
  name: string;
  /** In the unit of the evaluation. */
  points: [patterns: number, error: number][];
}

export interface LoadCurveOptions {
  /** Of the trained memory; default as in the evaluation. */
  name?: string;
  /** Results from the literature, drawn dashed with hollow markers. */
  published?: PublishedCurve[];
  /** Default 'auto': logarithmic (linear near zero) when errors span more than two decades. */
  scale?: ErrorScale;
  /** Default: png. */
  format?: Format;
}

const PUBLISHED = args.listOf(args.fields({ name: args.text, points: args.listOf(args.numbers) }));

/** A PNG of error against load; of one load alone a strip for every memory. Throws InputError when the evaluation has no rows or mixes units. */
export function errorAgainstPatterns(evaluation: Evaluation, options: LoadCurveOptions = {}): Uint8Array {
  const { name, scale, format } = CHART;
  checkNames('errorAgainstPatterns', options, { name, published: PUBLISHED, scale, format });
  args.check('errorAgainstPatterns', {
    evaluation: [evaluation, EVALUATION],
  });
  const unit = unitOf(evaluation);
  const published = options.published ?? [];
  const groups = groupRows(finest(evaluation.rows), 'patterns').flatMap(({ memory, rows }) =>
    splitSizes(memory, rows),
  );
  const sizes = new Set(groups.map(({ rows }) => sizeOf(rows)));
  const series: ErrorSeries[] = groups.map(({ name, trained, rows }) => ({
    name: (trained && options.name) || name,
    detail: sizes.size === 1 ? '' : sizeOf(rows),
    kind: trained ? 'trained' : 'rival',
    points: rows.map((row) => ({
      x: row.patterns,
      error: row.error,
      low: row.error_p5,
      high: row.error_p95,
    })),
  }));
  for (const { name, points } of published) {
    const sorted = [...points].sort((a, b) => a[0] - b[0]);
    series.push({ name, detail: '', kind: 'published', points: sorted.map(([x, error]) => ({ x, error })) });
  }
  const size = sizes.size === 1 ? `${groups.length > 1 ? 'every memory has ' : ''}${[...sizes][0]}` : '';
  const loads = new Set(evaluation.rows.map(({ patterns }) => patterns));
  if (loads.size === 1) {
    const [load] = loads;
    // Of what is published the number at this load.
    const here = series
      .map((s) => ({ ...s, points: s.points.filter(({ x }) => x === load) }))
      .filter(({ points }) => points.length > 0);
    return stripChart({
      heading: {
        title: `${taskTitle(evaluation.task)}: recall error, ${formatNumber(load)} patterns stored at once`,
        notes: [...conditions(evaluation, 'bars'), size],
      },
      ...errorTitle(evaluation, unit),
      scale: options.scale,
      format: options.format,
      series: here,
    });
  }
  const x = loadAxis(series.flatMap(({ points }) => points.map((point) => point.x)));
  return errorChart({
    title: `${taskTitle(evaluation.task)}: recall error against patterns stored`,
    notes: [
      ...conditions(evaluation, bandsIn(series)),
      size,
      published.length > 0 ? 'dashed: published' : '',
    ],
    xTitle: axisTitle('Patterns stored at once', scaleNote(x)),
    x,
    ...errorTitle(evaluation, unit),
    scale: options.scale,
    format: options.format,
    series,
  });
}

/** A memory evaluated twice at one load was evaluated at several sizes: one line for each. */
function splitSizes(memory: string, rows: EvaluationRow[]) {
  const trained = memory === TRAINED;
  const twice = new Set(rows.map(({ patterns }) => patterns)).size < rows.length;
  if (!twice) return [{ name: memory, trained, rows }];
  const sizes = [...new Set(rows.map(({ floats }) => floats))].sort((a, b) => a - b);
  return sizes.map((size) => ({ name: memory, trained, rows: rows.filter(({ floats }) => floats === size) }));
}

/** Linear from zero, with a tick at each load that has room; loads that double again and again get a logarithmic axis. */
function loadAxis(loads: number[]): Axis {
  const distinct = [...new Set(loads)].filter((load) => load > 0).sort((a, b) => a - b);
  const greatest = distinct.at(-1) ?? 1;
  if (greatest > 16 * distinct[0]) {
    const place = Math.log2;
    const span = place(greatest) - place(distinct[0]);
    return {
      kind: 'log',
      min: place(distinct[0]) - span / 30,
      max: place(greatest),
      ticks: thin(distinct, place, span / 18),
      place,
    };
  }
  return {
    ...countAxis(greatest),
    ticks: [{ at: 0, label: '0' }, ...thin(distinct, (load) => load, greatest / 18)],
  };
}

/** Ticks at the given loads, leaving out those nearer than `room` to the one before; the greatest always has one. */
function thin(loads: number[], place: (load: number) => number, room: number): Axis['ticks'] {
  const kept: number[] = [];
  for (const load of [...loads].reverse()) {
    if (kept.length === 0 || place(kept[0]) - place(load) >= room) kept.unshift(load);
  }
  return kept.map((load) => ({ at: place(load), label: formatNumber(load) }));
}
