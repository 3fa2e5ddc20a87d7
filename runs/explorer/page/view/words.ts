/** @file Numbers in words. */

/** "1 step", "2 steps". */
export const plural = (n: number, what: string) => `${n.toLocaleString('en')} ${what}${n === 1 ? '' : 's'}`;

export const count = (bits: number) => plural(bits, 'wrong bit');

/** @param ms milliseconds */
export const time = (ms: number) => (ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`);
