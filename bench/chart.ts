/** @file A comparison as a chart: the time a step of every contestant, and how many times ours it is. */
import { barChart } from '../runs/plots/bar-chart.ts';
import { formatNumber } from '../runs/plots/numbers.ts';
import type { Comparison } from './comparison.ts';
import { isMeasured, ours, type ProblemResult, type Row } from './results.ts';
import { rowTitle } from './tables.ts';

/** PNG, 800 CSS pixels wide. */
export function comparisonChart({ problems }: Comparison): Uint8Array {
  const series = [...new Set(problems.flatMap(({ rows }) => rows.map(rowTitle)))];
  const machines = new Map<string, string[]>();
  for (const { name, machine } of problems) {
    const title = `${machine.cpu}, ${machine.cores} cores`;
    machines.set(title, [...(machines.get(title) ?? []), name]);
  }
  const of = (names: readonly string[]) => (machines.size > 1 ? `${names.join(', ')}: ` : '');
  const versions = new Set(problems.flatMap(({ versions }) => Object.entries(versions).filter(([name]) => name !== 'ebmm').map(([name, version]) => `${name} ${version}`))); // biome-ignore format: one thought
  return barChart({
    heading: {
      title: 'One update of the outer loop: milliseconds, and times ours',
      notes: [
        ...[...machines].map(([title, names]) => `${of(names)}${title}`),
        'float32, third-order meta-gradient and AdamW',
        ...[...versions].sort(),
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
