/** @file What is known of a run, by key: what listings show of it, and every key of its configuration, dotted as for --set. */

import { configKeys } from '../meta/config-reference.ts';
import { InputError } from '../src/errors.ts';
import { nearest } from '../src/nearest.ts';

/** A configuration, or what a listing says of a run, as rows of keys and values; lists are one value. */
export function flatten(value: object, path: string[] = []): [key: string, value: unknown][] {
  return Object.entries(value).flatMap(([key, inner]): [string, unknown][] =>
    inner && typeof inner === 'object' && !Array.isArray(inner)
      ? flatten(inner, [...path, key])
      : [[[...path, key].join('.'), inner]],
  );
}

/** A run, or a group of runs, by its keys. */
export type Values = ReadonlyMap<string, unknown>;

/**
 * The key that is meant: itself, or the end of just one, as `learning_rate` for `training.learning_rate`.
 * @param own keys beside those of configurations, which come first
 * @throws InputError, with what is near, when there is none or several are meant
 */
export function keyNamed(
  text: string,
  rows: readonly Values[],
  own: readonly string[],
  what: string,
): string {
  if (own.includes(text)) return text;
  const there = [...new Set(rows.flatMap((row) => [...row.keys()]))];
  const known = [...new Set([...there, ...configKeys().map(({ key }) => key)])];
  if (known.includes(text)) return text;
  // Those that some run has come before those that it might have.
  for (const keys of [there, known]) {
    const ending = keys.filter((key) => key.endsWith(`.${text}`));
    if (ending.length === 1) return ending[0];
    if (ending.length > 1) throw new InputError(`${what}: "${text}" may be ${ending.join(' or ')}`);
  }
  const near = nearest(text, [...own, ...known]);
  throw new InputError(
    `${what}: no key "${text}"${near ? `; did you mean "${near}"?` : ''}; there are ${own.join(', ')} and all keys of a configuration`,
  );
}

/** Keys whose values are not the same in all rows, in the order in which they come. */
export function varying(rows: readonly Values[]): string[] {
  const keys = [...new Set(rows.flatMap((row) => [...row.keys()]))];
  return keys.filter((key) => new Set(rows.map((row) => JSON.stringify(row.get(key)))).size > 1);
}

/** By a key, with a leading minus the largest first; what is not known comes last, either way. */
export function comparing(sort: string): (a: Values, b: Values) => number {
  const down = sort.startsWith('-');
  const key = down ? sort.slice(1) : sort;
  return (a, b) => {
    const [x, y] = [a.get(key), b.get(key)];
    if (!isKnown(x) || !isKnown(y)) return Number(!isKnown(x)) - Number(!isKnown(y));
    const order =
      typeof x === 'number' && typeof y === 'number' ? x - y || 0 : textOf(x).localeCompare(textOf(y));
    return down ? -order : order;
  };
}

const isKnown = (value: unknown) => value !== undefined && value !== null;

const OPERATORS: Record<string, (own: unknown, value: string) => boolean> = {
  '=': (own, value) => textOf(own).includes(value),
  '!=': (own, value) => textOf(own) !== value,
  '<': (own, value) => typeof own === 'number' && own < Number(value),
  '>': (own, value) => typeof own === 'number' && own > Number(value),
  '<=': (own, value) => typeof own === 'number' && own <= Number(value),
  '>=': (own, value) => typeof own === 'number' && own >= Number(value),
};

/**
 * `KEY=TEXT` (numbers and true and false whole, text as a part), `KEY!=TEXT`, `KEY<NUMBER` and the like.
 * @param named finds the key that is meant
 * @throws InputError
 */
export function condition(text: string, named: (key: string) => string): (row: Values) => boolean {
  const [, name, operator, value] = /^([^=<>!]+)(!=|<=|>=|[=<>])(.*)$/.exec(text) ?? [];
  if (!operator) throw new InputError(`--filter ${text}: expected KEY=TEXT, KEY!=TEXT, KEY<NUMBER or KEY>NUMBER`); // biome-ignore format: one message
  const key = named(name);
  if (/[<>]/.test(operator) && (value === '' || Number.isNaN(Number(value)))) {
    throw new InputError(`--filter ${text}: "${value}" is no number`);
  }
  return (row) => {
    const own = row.get(key);
    if (operator === '=' && typeof own !== 'string' && isKnown(own)) return textOf(own) === value;
    return OPERATORS[operator](own, value);
  };
}

/** As a command line has it; empty where it is not known. */
export const textOf = (value: unknown): string =>
  !isKnown(value) ? '' : typeof value === 'string' ? value : JSON.stringify(value);

/** Comma-separated values (RFC 4180), numbers with all their digits. */
export function csv(head: readonly string[], rows: readonly (readonly unknown[])[]): string[] {
  const cell = (value: unknown) => {
    const text = textOf(value);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return [head, ...rows].map((row) => row.map(cell).join(','));
}

export interface Spread {
  n: number;
  mean: number;
  /** Sample standard deviation; absent of one. */
  deviation?: number;
}

/** Of the numbers that are known; undefined where there is none. */
export function spreadOf(values: readonly (number | undefined)[]): Spread | undefined {
  const known = values.filter((value): value is number => value !== undefined);
  const n = known.length;
  if (n === 0) return undefined;
  const mean = known.reduce((a, b) => a + b, 0) / n;
  if (n === 1) return { n, mean };
  const squares = known.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { n, mean, deviation: Math.sqrt(squares / (n - 1)) };
}
