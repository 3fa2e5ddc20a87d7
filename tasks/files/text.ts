/**
 * @file Patterns written as text: a row each, of numbers parted by commas, tabs, semicolons or blanks (.csv, .tsv, .txt), or of
 * bits with nothing between them (0101). A byte-order mark, a header, comments (#) and quotes are understood.
 */
import { InputError } from '../../src/errors.ts';
import { withoutMark } from '../../src/json.ts';
import type { Bytes } from './bytes.ts';
import type { Patterns } from './patterns.ts';

/** Bytes of a file: all of it is read at once. */
export const LARGEST_TEXT = 2 ** 29 - 2 ** 20;

/** Columns that are not part of a pattern, by their header; that of an index may be empty. */
const ASIDE = /^(|label|labels|class|target|id|index|unnamed: 0)$/i;

/** @throws InputError where it is no text in UTF-8, or too much */
export function textOf(label: string, bytes: Bytes): string {
  if (bytes.length > LARGEST_TEXT)
    throw new InputError(
      `${label}: ${bytes.length} bytes of text, expected at most ${LARGEST_TEXT}; make it a .npy file`,
    );
  const all = bytes.at(0, bytes.length);
  if ((all[0] === 0xff && all[1] === 0xfe) || (all[0] === 0xfe && all[1] === 0xff))
    throw new InputError(`${label}: text in UTF-16; save it as UTF-8`);
  if (all.subarray(0, 4096).includes(0)) throw new InputError(`${label}: not text`);
  return withoutMark(new TextDecoder('utf-8', { ignoreBOM: true }).decode(all));
}

/** @throws InputError naming the row and column of what is no number, or a row of another length */
export function textPatterns(label: string, bytes: Bytes): Patterns {
  const lines = textOf(label, bytes).split(/\r\n|\n|\r/);
  const isRow = (line: string) => line.trim() !== '' && !line.trimStart().startsWith('#');
  const first = lines.findIndex(isRow);
  if (first < 0) throw new InputError(`${label}: holds no patterns`);
  const split = splitter(lines[first]);
  const head = split(lines[first]);
  const headed = head.some(isName);
  const aside = new Set(headed ? head.flatMap((name, i) => (ASIDE.test(name) ? [i] : [])) : []);
  if (aside.size === head.length) aside.clear();
  const width = head.length;
  // Bits with nothing between them, or with something between groups of them.
  const grouped = (fields: string[]) => fields.every((field) => /^[01]{2,}$/.test(field));
  const numbers: number[][] = [];
  const at: number[] = [];
  let bits = true;
  let firstRow = 0;
  for (let n = headed ? first + 1 : first; n < lines.length; n++) {
    if (!isRow(lines[n])) continue;
    const fields = split(lines[n]);
    const where = `${label}: row ${n + 1}`;
    let row: number[];
    if (bits && grouped(fields)) row = Array.from(fields.join(''), Number);
    else {
      bits = false;
      if (fields.length !== width)
        throw new InputError(
          `${where} has ${values(fields.length)}, expected ${width} as in row ${first + 1}`,
        );
      row = [];
      for (const [i, field] of fields.entries()) {
        if (!aside.has(i)) row.push(numberOf(field, () => `${where}, column ${i + 1}`));
      }
    }
    firstRow ||= n + 1;
    if (numbers.length > 0 && row.length !== numbers[0].length)
      throw new InputError(
        `${where} has ${values(row.length)}, expected ${numbers[0].length} as in row ${firstRow}`,
      );
    numbers.push(row);
    at.push(n + 1);
  }
  if (numbers.length === 0) throw new InputError(`${label}: holds a header, but no patterns`);
  const names = [...aside].map((i) => (head[i] === '' ? 'without a name' : `"${head[i]}"`));
  return {
    ...listed(label, numbers, bits ? 1 : undefined),
    nameOf: (index) => `${label}: row ${at[index]}`,
    remark:
      aside.size > 0 ? `${label}: column ${names.join(', ')} is left out: not part of a pattern` : undefined,
  };
}

const values = (n: number) => `${n} ${n === 1 ? 'value' : 'values'}`;

/** Patterns that are at hand as lists of numbers, of one length; `shape` of one where it is not a list. */
export function listed(label: string, rows: number[][], bits?: number, shape = [rows[0].length]): Patterns {
  const whole = rows.every((row) => row.every((v) => Number.isInteger(v) && v >= 0 && v <= 255));
  return {
    label,
    count: rows.length,
    shape,
    bits: bits ?? (whole ? 8 : 32),
    bytes: false,
    read: (index) => Float64Array.from(rows[index]),
  };
}

/** How the fields of a row are parted, seen from the first. */
function splitter(line: string): (line: string) => string[] {
  const delimiter = ['\t', ';', ','].find((mark) => line.includes(mark));
  if (!delimiter) return (row) => row.trim().split(/\s+/).map(unquoted);
  return (row) => {
    // Of a table that ends every row with its delimiter, nothing follows.
    const fields = row.includes('"') ? quotedFields(row, delimiter) : row.split(delimiter);
    return fields.map(unquoted);
  };
}

function quotedFields(row: string, delimiter: string): string[] {
  const fields: string[] = [];
  let [from, quoted] = [0, false];
  for (let i = 0; i < row.length; i++) {
    if (row[i] === '"') quoted = !quoted;
    else if (row[i] === delimiter && !quoted) {
      fields.push(row.slice(from, i));
      from = i + 1;
    }
  }
  return [...fields, row.slice(from)];
}

const unquoted = (field: string) => {
  const text = field.trim();
  return /^".*"$|^'.*'$/.test(text) ? text.slice(1, -1).trim() : text;
};

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const TRUTH: Record<string, number> = { true: 1, false: 0 };
const NOT_FINITE = /^[+-]?(nan|inf|infinity|na|n\/a|null|none)$/i;

/** Whether a field can only be the name of a column. */
const isName = (field: string) =>
  /[a-z_]/i.test(field) && !NUMBER.test(field) && !NOT_FINITE.test(field) && !Object.hasOwn(TRUTH, field.toLowerCase()); // biome-ignore format: one condition

function numberOf(field: string, where: () => string): number {
  if (NUMBER.test(field)) return Number(field);
  const truth = TRUTH[field.toLowerCase()];
  if (truth !== undefined) return truth;
  const hint = /^-?\d+,\d+$/.test(field) ? ' with a point, not a comma' : '';
  const found = field === '' ? 'is empty' : `holds ${JSON.stringify(field.slice(0, 40))}`;
  throw new InputError(`${where()} ${found}, expected a number${hint}`);
}
