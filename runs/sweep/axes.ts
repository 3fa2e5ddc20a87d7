/** @file What a sweep varies, as written on a command line: `--grid key=a,b` and `--range key=low:high:log`. */
import { InputError } from '../../src/errors.ts';
import type { Random } from '../../src/random.ts';
import { parseChange } from '../presets.ts';

/** A key and all its values. */
export interface Axis {
  key: string;
  values: unknown[];
}

/** A key and how a value of it is drawn. */
export interface Range {
  key: string;
  draw(random: Random): unknown;
}

/** Of a range in numbers. Ends that are whole numbers give whole numbers, both ends among them. */
export interface Ends {
  low: number;
  high: number;
  scale?: 'linear' | 'log';
  /** Default: whether both ends are. */
  whole?: boolean;
}

/** Significant digits of what is drawn, so that a person can type it. */
const DIGITS = 6;

/** `network.width=8,16`; a value is JSON or else text. */
export function parseGrid(text: string): Axis {
  const at = text.indexOf('=');
  const values = at < 1 ? [] : splitValues(text.slice(at + 1));
  if (values.length === 0 || values.includes('')) {
    throw new InputError(`--grid ${text}: expected key=value,value..., for instance network.width=8,16`);
  }
  const key = text.slice(0, at);
  return { key, values: values.map((value) => parseChange(`${key}=${value}`)[1]) };
}

/** `key=low:high`, `key=low:high:log` or, to draw one of some values, `key=value,value`. */
export function parseRange(text: string): Range {
  const fail = (why: string): never => {
    throw new InputError(`--range ${text}: ${why}, for instance training.learning_rate=0.001:0.01:log`);
  };
  const [, key, rest] = /^([^=]+)=(.+)$/.exec(text) ?? [];
  if (!key) return fail('expected key=low:high or key=low:high:log');
  const choices = splitValues(rest);
  if (choices.length > 1) return choiceOf(parseGrid(text));
  const [from, to, scale, more] = rest.split(':');
  if (to === undefined || more !== undefined) return fail('expected key=low:high or key=low:high:log');
  if (scale !== undefined && scale !== 'log' && scale !== 'linear') {
    return fail(`"${scale}" is neither log nor linear`);
  }
  const whole = [from, to].every((end) => /^[+-]?\d+$/.test(end.trim()));
  const [low, high] = [from, to].map((end) => (end.trim() === '' ? Number.NaN : Number(end)));
  return rangeOf(key, { low, high, scale, whole }, fail);
}

/** @param fail throws what is wrong */
export function rangeOf(key: string, ends: Ends, fail: (why: string) => never): Range {
  const { low, high, scale = 'linear', whole = Number.isInteger(low) && Number.isInteger(high) } = ends;
  if (!Number.isFinite(low) || !Number.isFinite(high)) fail('expected two numbers');
  if (!(low < high)) fail('expected a low end below the high end');
  if (scale === 'log' && !(low > 0)) fail('log needs a low end above 0');
  // Every whole number gets the stretch that rounds to it.
  const [a, b] = whole ? [low - 0.5, high + 0.5] : [low, high];
  return {
    key,
    draw(random) {
      const u = random.uniform();
      const value = scale === 'log' ? a * (b / a) ** u : a + u * (b - a);
      const rounded = whole ? Math.round(value) : Number(value.toPrecision(DIGITS));
      return Math.min(high, Math.max(low, rounded));
    },
  };
}

/** Any of the values, equally often. */
export const choiceOf = ({ key, values }: Axis): Range => ({
  key,
  draw: (random) => values[random.integer(values.length)],
});

/** At commas, but for those within lists, objects and quotes. */
function splitValues(text: string): string[] {
  const parts = [''];
  let depth = 0;
  let quoted = false;
  let escaped = false;
  for (const sign of text) {
    if (sign === '"' && !escaped) quoted = !quoted;
    escaped = sign === '\\' && !escaped;
    if (!quoted && '[{'.includes(sign)) depth++;
    if (!quoted && ']}'.includes(sign)) depth--;
    if (sign === ',' && depth === 0 && !quoted) parts.push('');
    else parts[parts.length - 1] += sign;
  }
  return parts.map((part) => part.trim());
}
