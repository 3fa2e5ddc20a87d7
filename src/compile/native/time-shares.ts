/** @file What the kinds of steps are, and what part of the time of all threads each took. */

/** What steps are called, and what they are. Others move or lay out memory. */
const groups = {
  products: ['product', 'convolution', 'filter-gradient', 'tiles', 'split'],
  entrywise: ['loop', 'sum', 'add'],
};

/** Percent of the time of all threads. */
export interface TimeShares {
  products: number;
  entrywise: number;
  memory: number;
  /** What no step accounts for: waiting for other threads, and JavaScript. */
  waiting: number;
  /** By kind of step. */
  kinds: Record<string, number>;
}

/**
 * @param ticks of the clocks by kind of step, added up over all threads
 * @param all ticks that all threads together had
 */
export function timeShares(ticks: Record<string, number>, all: number): TimeShares {
  const kinds = Object.fromEntries(Object.entries(ticks).map(([kind, part]) => [kind, (100 * part) / all]));
  const of = (names: readonly string[]) => names.reduce((sum, name) => sum + (kinds[name] ?? 0), 0);
  const products = of(groups.products);
  const entrywise = of(groups.entrywise);
  const busy = of(Object.keys(kinds));
  return { products, entrywise, memory: busy - products - entrywise, waiting: 100 - busy, kinds };
}

/** The kinds of steps, those that took longest first: `product 40.0%, loop 15.0%`. */
export const kindsText = (kinds: Record<string, number>): string =>
  Object.entries(kinds)
    .sort((a, b) => b[1] - a[1])
    .map(([kind, part]) => `${kind} ${part.toFixed(1)}%`)
    .join(', ');

/** Whether steps of this kind are products, entrywise, or move memory. */
export const groupOf = (kind: string): 'products' | 'entrywise' | 'memory' =>
  groups.products.includes(kind) ? 'products' : groups.entrywise.includes(kind) ? 'entrywise' : 'memory';
