/** @file Error against the age of a pattern in a stream, every memory a line. */
import type { StreamEvaluation } from '../records.ts';
import { axisTitle, countAxis } from './axis.ts';
import { errorChart } from './error-chart.ts';
import { errorTitle, question, TRAINED, taskTitle } from './evaluations.ts';
import { formatNumber } from './numbers.ts';

/** Below this part of its error at the greatest age, a memory still knows something; where all are above, nothing is to be seen. */
const REMEMBERED = 0.9;

/**
 * A PNG of error against age, up to that beyond which no memory recalls anything; the trained memory bears the name of its run.
 * Throws InputError when no error is finite.
 */
export function ageChart(evaluation: StreamEvaluation, name: string = TRAINED): Uint8Array {
  const { rows, task, length, batch, episodes } = evaluation;
  const { unit } = rows[0];
  const floats = [...new Set(rows.map((row) => row.floats))];
  const forgotten = rows[0].ages.findLastIndex((_, k) =>
    rows.some(({ ages }) => ages[k].error < REMEMBERED * ages.at(-1)!.error),
  );
  const shown = Math.max(2, forgotten + 2);
  const x = countAxis(Math.min(length, rows[0].ages.at(shown - 1)?.to ?? length));
  return errorChart({
    title: `${taskTitle(task)}: recall error against age, streams of ${formatNumber(length)} patterns`,
    notes: [
      ...question(evaluation),
      `${formatNumber(batch)} added at once`,
      `${formatNumber(episodes)} streams`,
    ],
    xTitle: axisTitle('Patterns added since'),
    x,
    ...errorTitle(evaluation, unit),
    series: rows.map((row, i) => ({
      name: row.memory === TRAINED ? name : row.memory,
      detail: floats.length === 1 ? '' : `${formatNumber(row.floats)} floats`,
      kind: i === 0 ? 'trained' : 'rival',
      points: row.ages.slice(0, shown).map(({ from, to, error }) => ({ x: (from + to) / 2, error })),
    })),
  });
}
