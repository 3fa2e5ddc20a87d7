/** @file Charts of documents, drawn anew from the records in runs/results, so that they look as the code draws today. */
import { basename, join } from 'node:path';
import { best } from '../commands/compare.ts';
import type { Comparison } from '../comparison.ts';
import { sharesChart, updatesChart } from '../diffusion/onset.ts';
import { ageChart } from '../plots/age-chart.ts';
import { bitsDistortion, errorAgainstPatterns } from '../plots/index.ts';
import { publishedBeside } from '../published.ts';
import type { Evaluation, StreamEvaluation } from '../records.ts';
import type { Measurement } from '../universal/measure.ts';
import { type Criterion, universalChart } from '../universal/report.ts';

type Draw = () => Uint8Array;

/** The charts of a record: what is put behind the record's name, and how each is drawn. Undefined for a record that has none. */
export function chartsOf(file: string, record: unknown): [suffix: string, draw: Draw][] | undefined {
  const name = basename(file, '.json');
  if (file.includes('/compare/')) {
    return (record as Comparison).evaluations.map((evaluation) => [
      evaluation.known ? '-known' : '-not-told',
      () => bitsDistortion({ ...evaluation, rows: best(evaluation.rows) }),
    ]);
  }
  if (file.includes('/streams/'))
    return [['', () => ageChart(record as StreamEvaluation, name.replace(/-(known|not-told)$/, ''))]];
  if (file.includes('/onset/')) {
    const { rows, task, samples } = record as OnsetRecord;
    return [
      ['', () => sharesChart(rows, task, samples)],
      ['-updates', () => updatesChart(rows, task)],
    ];
  }
  if (name === 'loads')
    return [['', () => errorAgainstPatterns(record as Evaluation, { name: 'binary-64' })]];
  if (file.includes('/universal/')) {
    return (['nearest', 'absolute'] as Criterion[]).map((criterion) => [
      `-${criterion}`,
      () => universalChart(record as Measurement, criterion),
    ]);
  }
  return undefined;
}

/** The charts of a pretrained memory's evaluation, by their names in its folder of plots. */
export function chartsOfMemory(name: string, evaluation: Evaluation): [name: string, draw: Draw][] {
  const published = publishedBeside(evaluation);
  return [
    ['error-against-patterns.png', () => errorAgainstPatterns(evaluation, { name, published })],
    ['error-against-bits.png', () => bitsDistortion(evaluation, { name })],
  ];
}

interface OnsetRecord {
  rows: Parameters<typeof sharesChart>[0];
  task: string;
  samples: number;
}

/** Beside its record. */
export const placeOf = (file: string, suffix: string) =>
  join(file, '..', `${basename(file, '.json')}${suffix}.png`);
