/** @file Published numbers to print beside our own: Bartunov et al. 2020, table 1 (128 bits, 64 corrupted, 8,256 floats). */

import type { Evaluation } from './records.ts';

/** Mean error bits at 16, 32, 48, 64 and 96 patterns. */
export const TABLE_1_PATTERNS = [16, 32, 48, 64, 96] as const;

export const TABLE_1 = {
  'Hopfield, Hebb': [0.4, 5.0, 9.8, 13.0, 16.5],
  'Hopfield, Storkey': [0.0, 0.9, 6.3, 11.3, 17.1],
  'Hopfield, pseudo-inverse': [0.0, 0.0, 0.3, 4.3, 22.5],
  'differentiable plasticity': [3.0, 13.2, 20.8, 26.3, 34.9],
  MANN: [0.1, 0.2, 1.8, 4.25, 9.6],
  LSTM: [30, 58, 63, 64, 64],
  'memory network': [0.0, 0.0, 0.0, 0.0, 10.5],
  EBMM: [0.0, 0.0, 0.1, 0.5, 4.2],
} as const satisfies Record<string, readonly number[]>;

export type PublishedRow = keyof typeof TABLE_1;

/** The row as [patterns, error] points. */
export function publishedPoints(row: PublishedRow): [number, number][] {
  return TABLE_1_PATTERNS.map((patterns, i) => [patterns, TABLE_1[row][i]]);
}

/** The published row that an evaluation may stand beside: none unless its protocol is that of the table. */
export function publishedBeside({ task, dimension, corruption, known }: Evaluation) {
  const same = task === 'binary' && dimension === 128 && corruption === 'resample:64' && known;
  return same ? [{ name: 'EBMM, published', points: publishedPoints('EBMM') }] : [];
}
