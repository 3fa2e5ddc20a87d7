/**
 * @file Tables of documents, made from the JSON files that commands wrote, so that no number in them is typed by hand.
 *
 * A document holds `<!-- table` with the table's description as JSON and `-->`, then the table, then `<!-- /table -->`. What stands
 * between is replaced by `fillTables`.
 */
import { z } from 'zod';
import { InputError } from '../../src/errors.ts';
import { type PublishedRow, TABLE_1, TABLE_1_PATTERNS } from '../published.ts';
import { short } from '../table.ts';

const scalar = z.union([z.string(), z.number(), z.boolean()]);
/** Keys that a record must have with these values. */
const where = z.record(z.string(), scalar);

const line = z.strictObject({
  label: z.string(),
  /** The file with its records, from the project's root; default: the table's. */
  file: z.string().optional(),
  where: where.optional(),
  /** Template of its cells; default: the table's. */
  cell: z.string().optional(),
  /** A row of the published table 1 of Bartunov et al. (columns are numbers of patterns). */
  published: z.enum(Object.keys(TABLE_1) as [PublishedRow, ...PublishedRow[]]).optional(),
  /** Text for every cell: numbers of a paper, or what is known without measuring. */
  cells: z.array(z.string()).optional(),
});

/** All values of a key, in this order: `memory` of `hebb`, shown as it is or as [value, label]. */
const each = z.strictObject({
  each: z.string(),
  values: z.array(z.union([scalar, z.tuple([scalar, z.string()])])),
  file: z.string().optional(),
  where: where.optional(),
});

const description = z.strictObject({
  file: z.string().optional(),
  /** Key of the list of records in the file. */
  records: z.string().default('rows'),
  /** Above the first column. */
  corner: z.string().default(''),
  rows: z.array(z.union([line, each])).min(1),
  columns: z.array(z.union([line, each])).min(1),
  /** `{key}`: a number of the record with three significant digits; `{key:2}`: with so many decimals. */
  cell: z.string().default('{error}'),
});

type Line = z.infer<typeof line>;
type Scalar = z.infer<typeof scalar>;
type Item = Record<string, unknown>;
/** Reads a JSON file of the project. */
export type ReadJson = (file: string) => unknown;

const expand = (lines: z.infer<typeof description>['rows']): Line[] =>
  lines.flatMap((one) => {
    if (!('each' in one)) return [one];
    const { each: key, values, file, where } = one;
    return values.map((value): Line => {
      const [is, label] = Array.isArray(value) ? value : [value, String(value)];
      return { label, file, where: { ...where, [key]: is } };
    });
  });

/** A value of a record; "floats-range" is that of all records that match. */
function show(value: unknown, decimals: string | undefined): string {
  if (value === null) return 'diverges';
  if (typeof value !== 'number') return String(value ?? '-');
  if (decimals !== undefined) return value.toFixed(Number(decimals));
  return Number.isInteger(value) ? value.toLocaleString('en-US') : short(value);
}

function cellOf(template: string, found: readonly Item[]): string {
  if (found.length === 0) return '-';
  return template.replace(/\{([\w.-]+)(?::(\d))?\}/g, (_, key: string, decimals?: string) => {
    const shown = [...new Set(found.map((record) => show(record[key], decimals)))];
    if (shown.length === 1) return shown[0];
    const numbers = found.map((record) => Number(record[key]));
    return `${show(Math.min(...numbers), decimals)} to ${show(Math.max(...numbers), decimals)}`;
  });
}

/** The lines of one table. @throws InputError where the description or a file is not as said above */
export function resultTable(json: string, read: ReadJson): string[] {
  const parsed = description.safeParse(JSON.parse(json));
  if (!parsed.success) {
    const [{ path, message }] = parsed.error.issues;
    throw new InputError(`table: ${path.join('.') || 'description'}: ${message}`);
  }
  const table = parsed.data;
  const records = (file: string): Item[] => {
    const list = (read(file) as Record<string, unknown>)[table.records];
    if (!Array.isArray(list)) throw new InputError(`${file}: has no list "${table.records}"`);
    return list;
  };
  const columns = expand(table.columns);
  const rows = expand(table.rows).map((row) => {
    if (row.cells) return [row.label, ...columns.map((_, i) => row.cells?.[i] ?? '-')];
    if (row.published) {
      const values: readonly number[] = TABLE_1[row.published];
      const loads: readonly (Scalar | undefined)[] = TABLE_1_PATTERNS;
      return [
        row.label,
        ...columns.map(({ where }) => values[loads.indexOf(where?.patterns)]?.toString() ?? '-'),
      ];
    }
    return [
      row.label,
      ...columns.map((column) => {
        const file = row.file ?? column.file ?? table.file;
        if (!file) throw new InputError(`table: row "${row.label}": no file`);
        const wanted = Object.entries({ ...column.where, ...row.where });
        const found = records(file).filter((record) => wanted.every(([key, value]) => record[key] === value));
        return cellOf(row.cell ?? column.cell ?? table.cell, found);
      }),
    ];
  });
  return markdownTable([[table.corner, ...columns.map(({ label }) => label)], ...rows]);
}

/** A table of Markdown with its columns aligned; the first row is the head. */
export function markdownTable([head, ...rows]: string[][]): string[] {
  const widths = head.map((_, i) => Math.max(3, ...[head, ...rows].map((row) => row[i].length)));
  const lay = (row: string[]) => `| ${row.map((cell, i) => cell.padEnd(widths[i])).join(' | ')} |`;
  return [lay(head), `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`, ...rows.map(lay)];
}

const BLOCK = /(<!-- table\n([\s\S]*?)-->\n)[\s\S]*?(<!-- \/table -->)/g;

/** The document with every table made anew. */
export const fillTables = (document: string, read: ReadJson): string =>
  document.replace(BLOCK, (_, head: string, json: string, tail: string) =>
    [`${head}\n`, resultTable(json, read).join('\n'), `\n\n${tail}`].join(''),
  );
