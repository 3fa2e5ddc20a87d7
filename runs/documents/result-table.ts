/** @file Tables of documents, made from the JSON files that commands wrote, so that no number in them is typed by hand. */
import { z } from 'zod';
import { InputError } from '../../src/errors.ts';
import { type PublishedRow, TABLE_1, TABLE_1_PATTERNS } from '../published.ts';
import { cellOf, type Item, matches, type ReadJson, recordsOf, scalar, where } from './cells.ts';

/** A file with records, from the project's root, or several whose records are taken together. */
const files = z.union([z.string(), z.array(z.string()).min(1)]);

const line = z.strictObject({
  label: z.string(),
  /** Default: the table's. */
  file: files.optional(),
  /** As the table's, of this file. */
  records: z.string().optional(),
  list: z.string().optional(),
  where: where.optional(),
  /** Template of its cells; default: the table's. */
  cell: z.string().optional(),
  /** A row of the published table 1 of Bartunov et al. (columns are numbers of patterns). */
  published: z.enum(Object.keys(TABLE_1) as [PublishedRow, ...PublishedRow[]]).optional(),
  /** A template for every cell, of the records of the row alone or of its own. */
  cells: z
    .array(z.union([z.string(), z.strictObject({ file: files, where: where.optional(), cell: z.string() })]))
    .optional(),
});

/** All values of a key, in this order: `memory` of `hebb`, shown as it is or as [value, label]. */
const each = z.strictObject({
  each: z.string(),
  values: z.array(z.union([scalar, z.tuple([scalar, z.string()])])),
  file: files.optional(),
  where: where.optional(),
  cell: z.string().optional(),
});

const description = z.strictObject({
  file: files.optional(),
  /** The list of records in the file, keys with dots between them. */
  records: z.string().default('rows'),
  /** A list that each record has, an item of which stands for the record. */
  list: z.string().optional(),
  /** Above the first column. */
  corner: z.string().default(''),
  rows: z.array(z.union([line, each])).min(1),
  columns: z.array(z.union([line, each])).min(1),
  /** See `cellOf`. */
  cell: z.string().default('{error}'),
});

type Line = z.infer<typeof line>;

const expand = (lines: z.infer<typeof description>['rows']): Line[] =>
  lines.flatMap((one) => {
    if (!('each' in one)) return [one];
    const { each: key, values, file, where, cell } = one;
    return values.map((value): Line => {
      const [is, label] = Array.isArray(value) ? value : [value, String(value)];
      return { label, file, cell, where: { ...where, [key]: is } };
    });
  });

/** The lines of one table. @throws InputError where the description or a file is not as said above */
export function resultTable(json: string, read: ReadJson): string[] {
  const parsed = description.safeParse(JSON.parse(json));
  if (!parsed.success) {
    const [{ path, message }] = parsed.error.issues;
    throw new InputError(`table: ${path.join('.') || 'description'}: ${message}`);
  }
  const table = parsed.data;
  const columns = expand(table.columns);
  const found = (row: Line, column: Line): Item[] => {
    const file = row.file ?? column.file ?? table.file;
    if (!file) throw new InputError(`table: row "${row.label}": no file`);
    const list = row.list ?? column.list ?? table.list;
    const records = row.records ?? column.records ?? table.records;
    return [file]
      .flat()
      .flatMap((one) => recordsOf(read, one, records, list))
      .filter((record) => matches(record, { ...column.where, ...row.where }));
  };
  const rows = expand(table.rows).map((row): string[] => {
    if (row.cells) return [row.label, ...columns.map((_, i) => ownCell(row, row.cells?.[i]))];
    if (row.published)
      return [row.label, ...columns.map(({ where }) => publishedCell(row.published!, where?.patterns))];
    return [
      row.label,
      ...columns.map((column) => {
        const own = found(row, column);
        return own.length === 0 ? '-' : cellOf(row.cell ?? column.cell ?? table.cell, own);
      }),
    ];
  });
  return markdownTable([[table.corner, ...columns.map(({ label }) => label)], ...rows]);

  /** A cell that a row gives itself: of its records, or of records of its own. */
  function ownCell(row: Line, cell: NonNullable<Line['cells']>[number] = '-'): string {
    if (typeof cell !== 'string')
      return cellOf(cell.cell, found({ ...row, where: undefined, ...cell }, { label: '' }));
    return cellOf(cell, (row.file ?? table.file) ? found(row, { label: '' }) : []);
  }
}

function publishedCell(row: PublishedRow, patterns: unknown): string {
  const values: readonly number[] = TABLE_1[row];
  const loads: readonly unknown[] = TABLE_1_PATTERNS;
  return values[loads.indexOf(patterns)]?.toString() ?? '-';
}

/** A table of Markdown with its columns aligned; the first row is the head. */
export function markdownTable([head, ...rows]: string[][]): string[] {
  const widths = head.map((_, i) => Math.max(3, ...[head, ...rows].map((row) => row[i].length)));
  const lay = (row: string[]) => `| ${row.map((cell, i) => cell.padEnd(widths[i])).join(' | ')} |`;
  return [lay(head), `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`, ...rows.map(lay)];
}
