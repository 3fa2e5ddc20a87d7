/** @file A comparison as a chart: the time a step of every contestant, and how many times ours it is. */
import { barChart } from '../runs/plots/bar-chart.ts';
import { formatNumber } from '../runs/plots/numbers.ts';
import type { Comparison } from './comparison.ts';
import { isMeasured, ours, type ProblemResult, type Row } from './results.ts';
import { rowTitle } from './tables.ts';

/** PNG, 800 CSS pixels wide. */
export function comparisonChart({ problems, machine, versions }: Comparison): Uint8Array {
  const series = [...new Set(problems.flatMap(({ rows }) => rows.map(rowTitle)))];
  const named = Object.entries(versions).filter(([name]) => name !== 'ebmm');
  return barChart({
    heading: {
      title: 'One update of the outer loop: milliseconds, and times ours',
      notes: [
        `${machine.cpu}, ${machine.cores} cores`,
        'float32, third-order meta-gradient and AdamW',
        ...named.map(([name, version]) => `${name} ${version}`),
      ],
    },
    axis: 'milliseconds a step, median (log scale)',
    series,
    groups: problems.map((result) => ({
      name: result.name,
      bars: result.rows.map((row) => ({
        series: rowTitle(row),
        value: isMeasured(row) ? row.median : undefined,
        text: label(result, row),
      })),
    })),
  });
}

function label(result: ProblemResult, row: Row): string {
  if (!isMeasured(row)) return row.failure.length > 50 ? 'no result' : row.failure;
  const time = `${formatNumber(row.median, 3)} ms`;
  return row === ours(result) ? time : `${time}, ${(row.median / ours(result).median).toFixed(2)}x`;
}
