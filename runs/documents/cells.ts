/** @file What a cell or a number in a sentence of a document shows: a template filled from the records that match. */
import { z } from 'zod';
import { InputError } from '../../src/errors.ts';
import { short } from '../table.ts';

export const scalar = z.union([z.string(), z.number(), z.boolean()]);
/** Keys that a record must have with these values, or with a number from `min` to `max`. */
export const where = z.record(
  z.string(),
  z.union([scalar, z.strictObject({ min: z.number(), max: z.number() })]),
);

export type Scalar = z.infer<typeof scalar>;
export type Where = z.infer<typeof where>;
export type Item = Record<string, unknown>;
/** Reads a JSON file of the project, by its path from the root; `published` are the numbers of papers. */
export type ReadJson = (file: string) => unknown;

export const matches = (record: Item, wanted: Where): boolean =>
  Object.entries(wanted).every(([key, value]) => {
    const is = record[key];
    return typeof value === 'object' ? Number(is) >= value.min && Number(is) <= value.max : is === value;
  });

/**
 * The records of a file. `records` is the way to their list, with dots; where each has a list `list` of its own, an item of it stands for
 * the record, with the record's other keys.
 * @throws InputError where there is no such list
 */
export function recordsOf(read: ReadJson, file: string, records = 'rows', list?: string): Item[] {
  const found = records
    .split('.')
    .reduce<unknown>((value, key) => (value as Item | undefined)?.[key], read(file));
  if (!Array.isArray(found)) throw new InputError(`${file}: has no list "${records}"`);
  if (list === undefined) return found;
  return (found as Item[]).flatMap((record) =>
    ((record[list] ?? []) as Item[]).map((item) => ({ ...record, ...item })),
  );
}

/** What to make of several records, key, key to divide by, `%`, decimals or `!`, and words such as `patterns=64`. */
const PLACE = /\{(?:(mean|most) )?([\w.-]+)(?:\/([\w.-]+))?(%)?(?::([\de])|(!))?((?: [\w.-]+=[^ }]+)*)\}/g;

/**
 * Fills a template: `{key}` is a number of the record with three significant digits, `{key:2}` with so many decimals, `{key:e}` with an
 * exponent, `{key!}` as it stands, `{key%}` in per cent, `{key/other}` a quotient, `{mean key}` and `{most key}` over all records that match,
 * `{key patterns=64}` that of a record with this value too (`patterns=..64`: with at most this). Where records differ it is a range; '-' where
 * nothing matches.
 */
export function cellOf(template: string, found: readonly Item[]): string {
  return template.replace(PLACE, (_, over, key, divisor, percent, decimals, exact, words: string) => {
    const own = found.filter((record) => matches(record, wordsOf(words)));
    const values = own.map((record) => {
      const value = valueAt(record, key);
      if (exact) return value === undefined ? '-' : String(value);
      if (typeof value !== 'number') return value;
      return (value / (divisor ? Number(record[divisor]) : 1)) * (percent ? 100 : 1);
    });
    return shown(
      over && values.length > 0 ? [OVER[over as keyof typeof OVER](values.map(Number))] : values,
      percent ? (decimals ?? '0') : decimals,
    );
  });
}

/** Of a key that is not in it, the way to the value: `gradient.difference`. */
const valueAt = (record: Item, key: string): unknown =>
  key in record
    ? record[key]
    : key.split('.').reduce<unknown>((value, part) => (value as Item | undefined)?.[part], record);

const wordsOf = (words: string): Where =>
  Object.fromEntries(
    words
      .split(' ')
      .filter(Boolean)
      .map((word) => {
        const [key, text] = word.split(/=(.*)/);
        if (text === 'true' || text === 'false') return [key, text === 'true'];
        if (text.startsWith('..'))
          return [key, { min: Number.NEGATIVE_INFINITY, max: Number(text.slice(2)) }];
        return [key, Number.isNaN(Number(text)) ? text : Number(text)];
      }),
  );

const OVER = {
  mean: (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length,
  most: (values: number[]) => Math.max(...values),
};

function shown(values: unknown[], decimals: string | undefined): string {
  if (values.length === 0) return '-';
  const texts = [...new Set(values.map((value) => show(value, decimals)))];
  if (texts.length === 1) return texts[0];
  const numbers = values.map(Number);
  return `${show(Math.min(...numbers), decimals)} to ${show(Math.max(...numbers), decimals)}`;
}

function show(value: unknown, decimals: string | undefined): string {
  if (value === null) return 'diverges';
  if (typeof value !== 'number') return String(value ?? '-');
  if (decimals === 'e') return value.toExponential(1);
  if (decimals !== undefined) {
    const digits = Number(decimals);
    return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
  }
  return Number.isInteger(value) ? value.toLocaleString('en-US') : short(value);
}
