/** @file What `ebmm compare` records, and what is best within a budget of bits. */
import type { Evaluation, EvaluationRow } from './records.ts';

/** What compare writes: one evaluation with the mask known and one not told, all their points. */
export interface Comparison {
  task: string;
  patterns: number;
  /** Bits of memory. */
  budgets: number[];
  evaluations: Evaluation[];
}

/** Squared errors below are what float32 leaves of values kept exactly. */
const DUST = 1e-9;

/** An error as it is shown: 0 for what float32 leaves of none. */
export const shownError = (error: number) => (error < DUST ? 0 : error);

/** Within a budget: the best row of a memory, none where nothing of it fits, and whether no memory is better (within 0.1%). */
export interface Within {
  row?: EvaluationRow;
  first: boolean;
}

/** Of every memory the row of least error within each budget. */
export function withinBudgets(
  rows: EvaluationRow[],
  budgets: number[],
): { memory: string; best: Within[] }[] {
  const least = (own: EvaluationRow[], budget: number) =>
    own
      .filter(({ memory_bits }) => memory_bits! <= budget)
      .reduce<EvaluationRow | undefined>((a, b) => (a && a.error <= b.error ? a : b), undefined);
  return [...new Set(rows.map(({ memory }) => memory))].map((memory) => ({
    memory,
    best: budgets.map((budget) => {
      const row = least(
        rows.filter((each) => each.memory === memory),
        budget,
      );
      return {
        row,
        first: row !== undefined && shownError(row.error) <= shownError(least(rows, budget)!.error) * 1.001,
      };
    }),
  }));
}
