/** @file An experiment of universal Hopfield networks as text and as charts. */
import { linearAxis } from '../plots/axis.ts';
import { bandsIn, type ErrorSeries, errorChart } from '../plots/error-chart.ts';
import { taskTitle } from '../plots/evaluations.ts';
import { formatNumber } from '../plots/numbers.ts';
import { short, textTable } from '../table.ts';
import type { Axis } from './experiments.ts';
import type { Measurement, Row } from './measure.ts';

export type Criterion = 'absolute' | 'nearest';

const TITLES: Record<Axis, string> = {
  stored: 'Images stored',
  deviation: 'Standard deviation of the noise',
  fraction: 'Fraction blanked',
  threshold: 'Threshold (squared error)',
};

export const criteria: Record<Criterion, (threshold: number) => string> = {
  absolute: (threshold) => `squared error of at most ${threshold}`,
  nearest: () => 'nearer to its target than to any other stored image',
};

const seriesOf = ({ rows }: Measurement) => [...new Set(rows.map(({ series }) => series))];

/** How it was measured, in short remarks. */
function conditions({ data, mode, values, slices, blank, seed }: Measurement): string[] {
  return [
    `${data}, ${formatNumber(values)} values`,
    `${slices} slices, seed ${seed}`,
    blank > 0 ? `${short(100 * blank)}% of the images blank` : '',
    mode === 'official' ? "by the public code's rules" : '',
  ].filter((note) => note !== '');
}

/** A table of each criterion: a line for every series, a column for every value on the axis. */
export function universalReport(measurement: Measurement): string[] {
  const { rows, axis, threshold, experiment } = measurement;
  const xs = [...new Set(rows.map(({ x }) => x))];
  const table = (title: string, cell: (row: Row) => number) => [
    `${title}:`,
    ...textTable([
      [TITLES[axis], ...xs.map(String)],
      ...seriesOf(measurement).map((name) => [
        name,
        ...xs.map((x) => share(cell(rows.find((row) => row.series === name && row.x === x)!))),
      ]),
    ]),
    '',
  ];
  return [
    `${experiment}: ${conditions(measurement).join(', ')}; fraction recalled`,
    '',
    ...table(
      axis === 'threshold' ? 'squared error of at most the threshold' : criteria.absolute(threshold),
      (row) => row.absolute,
    ),
    ...(axis === 'threshold' ? [] : table(criteria.nearest(threshold), (row) => row.nearest)),
  ];
}

const share = (value: number) => value.toFixed(3);

/** A PNG of fractions recalled by one criterion, with bands of one standard deviation over the slices. */
export function universalChart(measurement: Measurement, criterion: Criterion): Uint8Array {
  const { rows, axis, threshold, experiment } = measurement;
  const x = linearAxis(rows.map((row) => row.x));
  const series: ErrorSeries[] = seriesOf(measurement).map((name) => ({
    name,
    detail: '',
    kind: 'rival',
    points: rows
      .filter((row) => row.series === name)
      .map((row) => {
        const [mean, deviation] = [row[criterion], row[`${criterion}_deviation`]];
        return {
          x: row.x,
          error: mean,
          low: Math.max(0, mean - deviation),
          high: Math.min(1, mean + deviation),
        };
      }),
  }));
  return errorChart({
    title: `${taskTitle(measurement.data)}: fraction recalled, experiment "${experiment}"`,
    notes: [
      axis === 'threshold' ? '' : criteria[criterion](threshold),
      ...conditions(measurement),
      bandsIn(series) ? 'band: one standard deviation over slices' : '',
    ],
    xTitle: TITLES[axis],
    x,
    errorTitle: 'Fraction recalled',
    unit: '',
    scale: 'linear',
    series,
  });
}
