/** @file How training went: error, loss, gradient norm and learning rate over the updates, for one run or several. */
import * as args from '../../src/arguments.ts';
import { InputError } from '../../src/errors.ts';
import { checkNames } from '../../src/option-names.ts';
import type { Metrics, Validation } from '../records.ts';
import { bestValidation, latest } from '../validations.ts';
import { type Axis, autoAxis, axisTitle, countAxis, linearAxis, logAxis, scaleNote } from './axis.ts';
import { CROWD, envelope, every, means, type Point } from './downsample.ts';
import { CHART } from './evaluations.ts';
import { formatNumber } from './numbers.ts';
import { gap, type LegendEntry, type Line, renderChart, scaleOf, titlesAbove } from './render.ts';
import { BACKGROUND, faint, MUTED, seriesStyle, TEXT } from './style.ts';
import type { Format } from './surface.ts';
import { shorten, textWidth } from './text.ts';

export interface Run {
  name: string;
  /** The lines of metrics.jsonl. Values that are not finite (null in JSON) leave a gap. */
  metrics: Metrics[];
  /** The lines of validation.jsonl. */
  validations?: readonly Validation[];
  /** Unit of the error. */
  unit: string;
}

const RUNS = args.listOf(
  args.fields({
    name: args.text,
    metrics: args.listOf(args.fields({ step: args.number })),
    validations: args.optional(args.listOf(args.object)),
    unit: args.text,
  }),
  'a list of runs: { name, metrics, unit }',
);

/** Buckets of the faint lines (least and greatest of each) and of the bold ones: about one a pixel, and one in three. */
const FAINT = 600;
const BOLD = 200;

const FAINTNESS = 0.3;
/** Of training beside validation. */
const THINNESS = 0.65;
const QUERY_DASH = [2, 3];

/** The panels from the bottom up, with the weights by which they share the height. */
const PANELS = {
  learning_rate: { title: 'Learning rate', weight: 3, maxTicks: 4 },
  gradient_norm: { title: 'Gradient norm', weight: 3.5, maxTicks: 4 },
  loss: { title: 'Loss', weight: 3.5, maxTicks: 4 },
  error: { title: 'Error', weight: 9, maxTicks: 8 },
} as const;
type Panel = keyof typeof PANELS;
const PANEL_NAMES = Object.keys(PANELS) as Panel[];

/** What one run, or one load of a run, shows in one panel. */
interface Curve {
  bold: Point[];
  faint: Point[];
}

/** Lines of one colour: those of a run, of one load of a run, or what all loads share. */
interface Strand {
  color: string;
  dash: number[];
  panels: Partial<Record<Panel, Curve>>;
  /** Errors of validation, with points. Then errors of training are thin. */
  validation: Point[];
  /** The best of them. */
  best?: Point;
}

/**
 * A PNG with four panels over the updates. Bold lines are averages (of the error the moving average of the records, else
 * means of neighbouring records), faint ones what was logged. A run of several loads has its errors and losses at each load
 * apart, each load in its colour. Lines with points are validation, a ring is its best. Axes are logarithmic where values
 * span more than a decade, the gradient norm's always. Throws InputError when there is no run, a run has no metrics, or
 * units differ.
 */
export function learningCurve(runs: Run[], options: { title?: string; format?: Format } = {}): Uint8Array {
  const { title, format } = CHART;
  checkNames('learningCurve', options, { title, format });
  args.check('learningCurve', { runs: [runs, RUNS] });
  const histories = runs.map(history);
  const unit = commonUnit(runs);
  const alone = runs.length === 1;
  const strands = alone
    ? strandsOfOne(histories[0], runs[0])
    : histories.map((h, i) => strandOfRun(h, runs[i], i));
  // With several runs the error of their queries would only crowd the panel.
  const query = alone ? every(series(histories[0], 'query_error'), BOLD) : [];
  const axes = Object.fromEntries(
    PANEL_NAMES.map((panel) => [panel, valueAxis(panel, strands, query)]),
  ) as Record<Panel, Axis>;
  const x = countAxis(histories.reduce((last, metrics) => Math.max(last, metrics.at(-1)!.step), 0));
  const top: Line[] = [];
  const above: Line[] = [];
  const below: Line[] = [];
  for (const strand of strands) {
    if (strand.best) top.push(ring(strand.best, axes.error, strand));
    if (strand.validation.length > 0) top.push(validationLine(strand.validation, axes.error, strand));
    for (const panel of PANEL_NAMES) {
      const curve = strand.panels[panel];
      if (!curve) continue;
      above.push(boldLine(curve.bold, panel, axes[panel], strand));
      // The noise of several runs would hide them all in the low panels.
      if (alone || panel === 'error') below.push(faintLine(curve.faint, panel, axes[panel], strand));
    }
  }
  if (query.length > 0) below.push(queryLine(query, axes.error));

  const last = histories[0].at(-1)!;
  return renderChart({
    format: options.format,
    heading: {
      title: options.title ?? (alone ? `Training of ${runs[0].name}` : 'Training'),
      notes: alone
        ? [
            `${formatNumber(last.step)} updates`,
            `average error at the end: ${formatNumber(last.error_average, 3)} (${unit})`,
            ...bestNote(runs[0]),
          ]
        : ['bold: averages', `faint: ${logged(histories)}`],
    },
    // Long legends need lines of their own, about three names in each.
    height: 790 + 27 * Math.floor((Math.max(runs.length, strands.length) - 1) / 3),
    lines: [...top, ...above, ...below],
    scales: { x: scaleOf(x, 'Updates', { grid: false }), ...scales(axes) },
    legend: alone ? legendOfOne(logged(histories), strands, histories[0], runs[0]) : legendOfMany(runs),
    plugins: [titlesAbove(titles(axes, unit))],
  });
}

/** Records in order of their step; where training was resumed and repeated some, the later record counts. */
function history({ name, metrics }: Run): Metrics[] {
  const valid = metrics.filter(({ step }) => Number.isFinite(step));
  if (valid.length === 0) throw new InputError(`run ${name} has no metrics, nothing to plot`);
  if (valid.every(({ step }, i) => i === 0 || step > valid[i - 1].step)) return valid;
  const byStep = new Map(valid.map((record) => [record.step, record]));
  return [...byStep.values()].sort((a, b) => a.step - b.step);
}

function commonUnit(runs: Run[]): string {
  if (runs.length === 0) throw new InputError('no run given, nothing to plot');
  const [first, ...others] = runs;
  const other = others.find(({ unit }) => unit !== first.unit);
  if (other) {
    const pair = `${first.name} in ${first.unit}, ${other.name} in ${other.unit}`;
    throw new InputError(`runs to compare differ in the unit of their error: ${pair}`);
  }
  return first.unit;
}

function series(metrics: Metrics[], key: Exclude<keyof Metrics, 'skipped'>): Point[] {
  return metrics.map((record) => ({
    x: record.step,
    y: Number.isFinite(record[key]) ? record[key] : Number.NaN,
  }));
}

/** Loads that have errors of their own in the records, in rising order. */
const loadsOf = (metrics: Metrics[]) =>
  [...new Set(metrics.map(({ patterns }) => patterns))]
    .filter((patterns) => Number.isFinite(patterns))
    .sort((a, b) => a - b);

/** Means of neighbouring records of one load: each has a few of the records only. */
const APART = 60;

/** A strand for each load and one for what they share; of one load, one for all. */
function strandsOfOne(metrics: Metrics[], run: Run): Strand[] {
  const validations = latest(run.validations ?? []);
  const best = bestValidation(validations);
  const trained = loadsOf(metrics);
  const validated = validations[0]?.loads.map(({ patterns }) => patterns) ?? [];
  const loads = [...new Set([...trained, ...validated])].sort((a, b) => a - b);
  const of = (patterns: number) => (validation: Validation) => ({
    x: validation.step,
    y: validation.loads.find((load) => load.patterns === patterns)?.error ?? Number.NaN,
  });
  const validationOf = (patterns: number) => {
    const points = validations.map(of(patterns));
    return points.some(({ y }) => Number.isFinite(y))
      ? { validation: every(points, BOLD), best: best && of(patterns)(best) }
      : { validation: [] };
  };
  const shared = curvesOf(metrics);
  if (loads.length <= 1) {
    const { color, dash } = seriesStyle(0);
    return [{ color, dash, panels: shared, ...validationOf(loads[0]) }];
  }
  const apart = loads.map((patterns, i): Strand => {
    const own = metrics.filter((record) => record.patterns === patterns);
    const curve = (key: 'error' | 'loss'): Curve => {
      const all = series(own, key);
      // Where every load has its noise, they would hide each other.
      return { bold: means(all, APART), faint: loads.length <= 2 ? envelope(all, FAINT) : [] };
    };
    const { color, dash } = seriesStyle(i);
    const panels = own.length > 0 ? { error: curve('error'), loss: curve('loss') } : {};
    return { color, dash, panels, ...validationOf(patterns) };
  });
  const { gradient_norm, learning_rate } = shared;
  return [...apart, { color: MUTED, dash: [], panels: { gradient_norm, learning_rate }, validation: [] }];
}

/** Of several runs each is one colour: its average over loads, and the mean of its validation. */
function strandOfRun(metrics: Metrics[], run: Run, i: number): Strand {
  const { color, dash } = seriesStyle(i);
  const validations = latest(run.validations ?? []);
  const validation = every(
    validations.map(({ step, error }) => ({ x: step, y: error })),
    BOLD,
  );
  return { color, dash, panels: curvesOf(metrics), validation };
}

function bestNote({ validations = [] }: Run): string[] {
  const best = bestValidation(validations);
  return best
    ? [`best validation: ${formatNumber(best.error, 3)}, after update ${formatNumber(best.step)}`]
    : [];
}

function curvesOf(metrics: Metrics[]): Record<Panel, Curve> {
  const noisy = (key: 'loss' | 'gradient_norm'): Curve => {
    const all = series(metrics, key);
    return { bold: means(all, BOLD), faint: all.length > BOLD ? envelope(all, FAINT) : [] };
  };
  return {
    error: {
      bold: every(series(metrics, 'error_average'), FAINT),
      faint: envelope(series(metrics, 'error'), FAINT),
    },
    loss: noisy('loss'),
    gradient_norm: noisy('gradient_norm'),
    learning_rate: { bold: every(series(metrics, 'learning_rate'), FAINT), faint: [] },
  };
}

function valueAxis(panel: Panel, strands: Strand[], query: Point[]): Axis {
  const of = (points: Point[] = []) => points.map(({ y }) => y);
  const bold = strands.flatMap(({ panels }) => of(panels[panel]?.bold));
  if (panel === 'error')
    bold.push(...strands.flatMap(({ validation }) => of(validation)).filter(Number.isFinite));
  const values = strands.flatMap(({ panels }) => of(panels[panel]?.faint)).concat(bold);
  if (panel === 'error') values.push(...of(query));
  const { maxTicks } = PANELS[panel];
  // A single lucky step must not stretch the axis: a little below the least average is enough.
  const least = bold.filter((y) => y > 0).reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const floor = Number.isFinite(least) ? least / 3 : 0;
  if (panel === 'learning_rate') return linearAxis(values, { maxTicks });
  if (panel === 'gradient_norm') return logAxis(values, { maxTicks, floor });
  return autoAxis(values, { maxTicks, floor });
}

function scales(axes: Record<Panel, Axis>) {
  const all: Record<string, ReturnType<typeof scaleOf>> = {};
  const labels = PANEL_NAMES.flatMap((panel) => axes[panel].ticks.map(({ label }) => label));
  const width = 14 + labels.reduce((widest, label) => Math.max(widest, textWidth(label, TEXT.small)), 0);
  for (const panel of PANEL_NAMES) {
    all[panel] = scaleOf(axes[panel], '', {
      stack: { name: 'panels', weight: PANELS[panel].weight },
      width,
    });
    all[`above ${panel}`] = gap('panels', 1.35);
  }
  return all;
}

function titles(axes: Record<Panel, Axis>, unit: string): Record<string, string> {
  return Object.fromEntries(
    PANEL_NAMES.map((panel) => [
      panel,
      axisTitle(PANELS[panel].title, panel === 'error' ? unit : '', scaleNote(axes[panel])),
    ]),
  );
}

/** What the faint lines are. */
function logged(histories: Metrics[][]): string {
  const crowded = histories.some(({ length }) => length >= CROWD * FAINT);
  return crowded ? '5–95% of logged steps' : 'each logged step';
}

function legendOfOne(
  logged: string,
  strands: Strand[],
  metrics: Metrics[],
  { validations = [] }: Run,
): LegendEntry[] {
  const query = { text: 'error of the query as given', color: MUTED, width: 1.5, dash: QUERY_DASH };
  const validated = validations.length > 0;
  const [{ color }] = strands;
  const training = validated ? 1.25 : 2.25;
  const seen = validated
    ? [{ text: 'with points: validation, a ring is its best', color: MUTED, width: 2.25 }]
    : [];
  if (strands.length === 1) {
    return [
      { text: validated ? 'training, average' : 'average', color, width: training },
      { text: logged, color: faint(color, FAINTNESS), width: 1.5 },
      ...seen.map((entry) => ({ ...entry, color })),
      query,
    ];
  }
  const loads = [
    ...new Set([...loadsOf(metrics), ...latest(validations).flatMap((v) => v.loads.map((l) => l.patterns))]),
  ];
  loads.sort((a, b) => a - b);
  return [
    ...loads.map((patterns, i) => ({
      text: `${formatNumber(patterns)} patterns`,
      color: strands[i].color,
      width: 2.25,
      dash: strands[i].dash,
    })),
    ...(validated ? [{ text: 'thin: training, means', color: MUTED, width: 1.25 }] : []),
    ...seen,
    query,
  ];
}

function legendOfMany(runs: Run[]): LegendEntry[] {
  return runs.map(({ name }, i) => {
    const { color, dash } = seriesStyle(i);
    return { text: shorten(name, 330, TEXT.normal), color, width: 2.25, dash };
  });
}

function placed(points: Point[], axis: Axis): Point[] {
  return points.map(({ x, y }) => ({ x, y: axis.place(y) }));
}

function boldLine(points: Point[], panel: Panel, axis: Axis, { color, dash, validation }: Strand): Line {
  const thin = panel === 'error' && validation.length > 0;
  return {
    yAxisID: panel,
    data: placed(points, axis),
    borderColor: thin ? faint(color, THINNESS) : color,
    borderDash: dash,
    borderWidth: thin ? 1.25 : panel === 'error' ? 2.25 : 1.75,
    backgroundColor: color,
    ...loners(points, 2.5),
    clip: false,
  };
}

function faintLine(points: Point[], panel: Panel, axis: Axis, { color }: Strand): Line {
  return {
    yAxisID: panel,
    data: placed(points, axis),
    borderColor: faint(color, FAINTNESS),
    borderWidth: 1,
    backgroundColor: faint(color, FAINTNESS),
    ...loners(points, 2),
    clip: false,
  };
}

/** A point for each validation, as long as there is room for points. */
function validationLine(points: Point[], axis: Axis, { color, dash }: Strand): Line {
  return {
    yAxisID: 'error',
    data: placed(points, axis),
    borderColor: color,
    borderDash: dash,
    borderWidth: 2.25,
    backgroundColor: color,
    pointRadius: points.length <= 60 ? 3 : 0,
    pointBorderWidth: 0,
    clip: false,
  };
}

function ring(point: Point, axis: Axis, { color }: Strand): Line {
  return {
    yAxisID: 'error',
    data: placed([point], axis),
    borderColor: color,
    backgroundColor: BACKGROUND,
    pointRadius: 5.5,
    pointBorderWidth: 2,
    clip: false,
  };
}

function queryLine(points: Point[], axis: Axis): Line {
  return {
    yAxisID: 'error',
    data: placed(points, axis),
    borderColor: MUTED,
    borderWidth: 1.5,
    borderDash: QUERY_DASH,
    backgroundColor: MUTED,
    ...loners(points, 2),
    clip: false,
  };
}

/** A number between two gaps has no line; markers keep it from vanishing. */
function loners(points: Point[], radius: number) {
  const isGap = (point: Point | undefined) => point === undefined || Number.isNaN(point.y);
  return {
    pointRadius: points.map((_, k) => (isGap(points[k - 1]) && isGap(points[k + 1]) ? radius : 0)),
    pointBorderWidth: 0,
  };
}
