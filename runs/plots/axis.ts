/**
 * @file Value axes: linear from zero, logarithmic, or logarithmic with a linear stretch that reaches zero. Charts place
 * their points with `place` on chart.js's linear scale and draw the ticks given here: its own logarithmic scale has no
 * place for a zero, and an error of zero is the best result a memory can have.
 */
import { formatNumber } from './numbers.ts';

/** A tick at `at` in drawn coordinates. Minor ticks have an empty label. */
export interface Tick {
  at: number;
  label: string;
}

export interface Axis {
  kind: 'linear' | 'log' | 'symlog';
  /** Ends of the axis in drawn coordinates. */
  min: number;
  max: number;
  ticks: Tick[];
  /** From a value to its drawn coordinate; not a number stays not a number. */
  place(value: number): number;
  /** Of a symlog axis: the value below which it is linear. */
  linearBelow?: number;
}

interface AxisOptions {
  /** Greatest number of labelled ticks, which also says how much room there is; default 7. */
  maxTicks?: number;
}

const MAX_TICKS = 7;

/** A linear axis over `values`; from zero unless some are negative or `zero` is false (default true). */
export function linearAxis(values: number[], options: AxisOptions & { zero?: boolean } = {}): Axis {
  let [low, high] = extent(values);
  if (options.zero ?? true) {
    low = Math.min(low, 0);
    high = Math.max(high, 0);
  }
  if (low === high) {
    // One value only: room on both sides, but never below an honest zero.
    const room = Math.abs(low) / 2 || 1;
    low = low === 0 ? 0 : low - room;
    high += room;
  }
  const step = niceStep((high - low) / ((options.maxTicks ?? MAX_TICKS) - 1));
  const first = Math.floor(low / step + 1e-9);
  const last = Math.ceil(high / step - 1e-9);
  const ticks: Tick[] = [];
  for (let i = first; i <= last; i++) {
    const at = Number((i * step).toPrecision(12));
    ticks.push({ at, label: formatNumber(at, 6) });
  }
  return { kind: 'linear', min: ticks[0].at, max: ticks.at(-1)!.at, ticks, place: (value) => value };
}

/** An axis that ends at the last value exactly, for what is counted (updates, steps, patterns): ticks at round numbers. */
export function countAxis(last: number, maxTicks = 8): Axis {
  const end = last > 0 ? last : 1;
  const step = Math.max(1, niceStep(end / maxTicks));
  const ticks: Tick[] = [];
  for (let at = 0; at <= end; at += step) ticks.push({ at, label: formatNumber(at) });
  return { kind: 'linear', min: 0, max: end, ticks, place: (value) => value };
}

/**
 * A logarithmic axis over the positive values. Zeros, and values below `floor` (default: 8 decades below the greatest),
 * make it a symlog axis: linear from 0 to a threshold t, then logarithmic, with one slope at t:
 *   place(v) = v / (t ln 10) for v <= t, and 1 / ln 10 + log10(v / t) above.
 * Negative values, or nothing positive, make it linear.
 */
export function logAxis(values: number[], options: AxisOptions & { floor?: number } = {}): Axis {
  let smallest = Number.POSITIVE_INFINITY;
  let greatest = 0;
  let hasZero = false;
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    if (value < 0) return linearAxis(values, options);
    if (value === 0) hasZero = true;
    else smallest = Math.min(smallest, value);
    greatest = Math.max(greatest, value);
  }
  if (greatest === 0) return linearAxis(values, options);
  const floor = Math.max(smallest, greatest * 1e-8, Math.min(options.floor ?? 0, greatest));
  const t = 10 ** Math.floor(Math.log10(floor) + 1e-9);
  const high = roundUp(greatest);
  // What lies below the floor but within its decade needs no zero.
  if (!hasZero && smallest >= t) {
    const low = roundDown(smallest);
    const [min, max] = low === high ? [low / 10, high * 10] : [low, high];
    const place = (value: number) => (value > 0 ? Math.log10(value) : Number.NaN);
    const ticks = logTicks(min, max, place, options);
    return { kind: 'log', min: place(min), max: place(max), ticks, place };
  }
  const place = (value: number) =>
    value <= t ? value / (t * Math.LN10) : Math.LOG10E + Math.log10(value / t);
  const max = Math.max(high, 2 * t);
  const ticks = [{ at: 0, label: '0' }, ...logTicks(t, max, place, options)];
  // Where the linear stretch is too short for two labels, zero has it.
  if (place(t) / place(max) < 4 / (7 * (options.maxTicks ?? MAX_TICKS))) ticks[1].label = '';
  return { kind: 'symlog', min: 0, max: place(max), ticks, place, linearBelow: t };
}

/** A logarithmic axis when the positive values span more than `decades` (default 1), else a linear one from zero. */
export function autoAxis(
  values: number[],
  options: AxisOptions & { floor?: number; decades?: number } = {},
): Axis {
  let smallest = Number.POSITIVE_INFINITY;
  let greatest = 0;
  for (const value of values) {
    if (!(value > 0 && Number.isFinite(value))) continue;
    smallest = Math.min(smallest, value);
    greatest = Math.max(greatest, value);
  }
  const wide = greatest > smallest * 10 ** (options.decades ?? 1);
  return wide ? logAxis(values, options) : linearAxis(values, options);
}

/** What the title of an axis adds so that nobody misreads its scale: "", "log scale" or "log scale above 0.01". */
export function scaleNote(axis: Axis): string {
  if (axis.kind === 'linear') return '';
  return axis.kind === 'log' ? 'log scale' : `log scale above ${formatNumber(axis.linearBelow!)}`;
}

/** "Error (bits, log scale)": a title with what belongs in its parentheses; empty parts are left out. */
export function axisTitle(title: string, ...parts: string[]): string {
  const inside = parts.filter((part) => part !== '').join(', ');
  return inside === '' ? title : `${title} (${inside})`;
}

/** Powers of ten in [min, max], thinned to `maxTicks`; also their 2 and 5 multiples where there is room; minors between. */
function logTicks(min: number, max: number, place: Axis['place'], options: AxisOptions): Tick[] {
  const maxTicks = options.maxTicks ?? MAX_TICKS;
  const first = Math.floor(Math.log10(min) + 1e-9);
  const last = Math.floor(Math.log10(max) + 1e-9);
  const decades = last - first + 1;
  const stride = Math.ceil(decades / maxTicks);
  const labelled = 3 * Math.log10(max / min) <= maxTicks - 1 ? [1, 2, 5] : [1];
  const ticks: Tick[] = [];
  for (let exponent = first; exponent <= last; exponent++) {
    for (let digit = 1; digit <= 9; digit++) {
      const value = Number(`${digit}e${exponent}`);
      if (value < min * (1 - 1e-9) || value > max * (1 + 1e-9)) continue;
      const major = labelled.includes(digit) && (exponent - first) % stride === 0;
      if (major)
        ticks.push({ at: place(value), label: formatNumber(value, max < 1e9 && value >= 1 ? undefined : 6) });
      else if (digit === 1 || decades <= maxTicks / 3) ticks.push({ at: place(value), label: '' });
    }
  }
  return ticks;
}

/** 1, 2, 2.5 or 5 times a power of ten, at least `raw`. */
function niceStep(raw: number): number {
  const power = 10 ** Math.floor(Math.log10(raw));
  const factor = [1, 2, 2.5, 5, 10].find((f) => f * power >= raw * (1 - 1e-9))!;
  // A step of 2.5 would label counts with halves.
  return factor === 2.5 && power === 1 ? 5 : factor * power;
}

function roundDown(value: number): number {
  const exponent = Math.floor(Math.log10(value) + 1e-9);
  const digit = [5, 2, 1].find((d) => Number(`${d}e${exponent}`) <= value * (1 + 1e-9)) ?? 1;
  return Number(`${digit}e${exponent}`);
}

function roundUp(value: number): number {
  const exponent = Math.floor(Math.log10(value) + 1e-9);
  const digit = [1, 2, 5, 10].find((d) => Number(`${d}e${exponent}`) >= value * (1 - 1e-9)) ?? 10;
  return Number(`${digit}e${exponent}`);
}

/** Least and greatest finite value; [0, 0] when there is none. */
function extent(values: number[]): [number, number] {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return low <= high ? [low, high] : [0, 0];
}
