/** @file What `ebmm compare` wrote, as tables of a document: of every memory the best within each budget of bits. */
import { z } from 'zod';
import { InputError } from '../../src/errors.ts';
import { type Comparison, shownError, withinBudgets } from '../comparison.ts';
import { short } from '../table.ts';
import type { ReadJson } from './cells.ts';
import { markdownTable } from './result-table.ts';

const description = z.strictObject({
  compare: z.string(),
  /** Default: known, then not told. */
  known: z.boolean().optional(),
  /** Rows to leave out. */
  without: z.array(z.string()).default([]),
});

/** A line of the protocol and a table for the mask known, and for it not told. Bold: the least of a column. */
export function compareTables(json: string, read: ReadJson): string[] {
  const parsed = description.safeParse(JSON.parse(json));
  if (!parsed.success) throw new InputError(`table: compare: ${parsed.error.issues[0].message}`);
  const { compare: file, known: asked, without } = parsed.data;
  const { evaluations, budgets } = read(file) as Comparison;
  const wanted = evaluations.filter(({ known }) => asked === undefined || known === asked);
  if (wanted.length === 0) throw new InputError(`${file}: has no evaluation with known ${asked}`);
  return wanted.flatMap(({ rows, known, references = [] }, i) => {
    const { unit, episodes } = rows[0];
    const lossless = references.map(
      ({ name, bits }) => `${name} ${Math.round(bits).toLocaleString('en-US')}`,
    );
    const cell = ({ row, first }: ReturnType<typeof withinBudgets>[number]['best'][number]) => {
      if (!row) return '-';
      const text = `${short(shownError(row.error))} (${row.bits})`;
      return first ? `**${text}**` : text;
    };
    return [
      ...(i > 0 ? [''] : []),
      `${known ? 'Known' : 'Not told'}; mean error in ${unit}, ${episodes} episodes${lossless.length > 0 ? `; without loss: ${lossless.join(', ')} bits` : ''}.`,
      '',
      ...markdownTable([
        ['memory', ...budgets.map((budget) => budget.toLocaleString('en-US'))],
        ...withinBudgets(rows, budgets)
          .filter(({ memory }) => !without.includes(memory))
          .map(({ memory, best }) => [memory, ...best.map(cell)]),
      ]),
    ];
  });
}
