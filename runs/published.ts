/**
 * @file Published numbers to print beside our own: Bartunov et al. 2020, table 1 (128 bits, 64 corrupted, 8,256 floats) as printed, and
 * figure 3 (64 images, a 16x16 block corrupted), read off the vector figure to about 0.05.
 */

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

/** Errors of figure 3 by thousands of floats: wrong bits of 1,024 of drawings, squared error of photographs. */
const FIGURE_3 = {
  omniglot: {
    'EBMM, convolutional': { 2.31: 19.1, 3.46: 12.1, 4.62: 9.3, 9.23: 4.1, 11.5: 3.2, 13.8: 2.3, 16.2: 1.9 },
    'EBMM, fully connected': {
      3.08: 17.1,
      4.11: 12.8,
      5.14: 11.6,
      8.22: 7.7,
      10.8: 4.7,
      13.9: 3.5,
      16.4: 2.4,
    },
    'memory network': { 3.07: 19.1, 4.1: 12.6, 8.19: 4.6, 10.2: 3.3, 12.3: 2.5, 14.3: 1.95, 16.4: 1.9 },
    MANN: { 2.18: 20.6, 3.26: 10.9, 4.35: 7.3, 8.7: 7.3, 13.3: 10.3, 17.4: 12.4 },
  },
  cifar10: {
    'EBMM, convolutional': { 2.31: 10.7, 3.46: 10, 4.62: 8.5, 9.23: 6.7, 11.5: 6.2, 13.8: 6.1, 16.2: 5.8 },
    'memory network': { 3.07: 27.5, 4.1: 22.4, 8.19: 13, 10.2: 10.7, 12.3: 9, 14.3: 7.6, 16.4: 6.6 },
    MANN: { 1.02: 26.9, 2.05: 18.4, 3.07: 15, 6.14: 14.4, 12.3: 14.6 },
  },
} satisfies Record<string, Record<string, Record<number, number>>>;

/** A published number: mean error at so many patterns and floats. */
export interface Published {
  task: string;
  memory: string;
  patterns: number;
  floats: number;
  error: number;
}

/** All of them, as records of an evaluation are. */
export const PUBLISHED: readonly Published[] = [
  ...Object.entries(TABLE_1).flatMap(([memory, errors]) =>
    TABLE_1_PATTERNS.map((patterns, i) => ({
      task: 'binary',
      memory,
      patterns,
      floats: 8256,
      error: errors[i],
    })),
  ),
  ...Object.entries(FIGURE_3).flatMap(([task, memories]) =>
    Object.entries<Record<number, number>>(memories).flatMap(([memory, errors]) =>
      Object.entries(errors).map(([thousands, error]) => {
        const floats = Math.round(Number(thousands) * 1000);
        return { task, memory, patterns: 64, floats, error };
      }),
    ),
  ),
];

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
