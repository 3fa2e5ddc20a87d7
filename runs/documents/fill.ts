/**
 * @file Documents with their numbers made anew from records.
 *
 * A document holds `<!-- table` with the table's description as JSON and `-->`, then the table, then `<!-- /table -->`: what stands between
 * is replaced. A number in a sentence is followed by where it comes from: `0.94<!-- = binary-96-bits: error patterns=96 -->` is an
 * evaluation of that pretrained memory, `streams/binary-levels-known` a file of runs/results; what stands after the colon is as in a
 * table's cell.
 */
import { InputError } from '../../src/errors.ts';
import { cellOf, type ReadJson, recordsOf } from './cells.ts';
import { compareTables } from './compare-table.ts';
import { resultTable } from './result-table.ts';

const TABLE = /(<!-- table\n([\s\S]*?)-->\n)[\s\S]*?(<!-- \/table -->)/g;
const NUMBER =
  /(diverges|[\d.,]*\d(?: to [\d.,]*\d)?)(\*\*)?(<!-- = ([\w./-]+)(?: ([a-z]\w*))?: ([^>]+?) -->)/g;

/** The document with every table and every number of a record made anew. @throws InputError for one that no record has */
export const filledIn = (document: string, read: ReadJson): string =>
  document
    .replace(TABLE, (_, head: string, json: string, tail: string) => {
      const lines = isComparison(json) ? compareTables(json, read) : resultTable(json, read);
      return `${head}\n${lines.join('\n')}\n\n${tail}`;
    })
    .replace(
      NUMBER,
      (_, _number, bold: string | undefined, comment: string, name: string, list, words: string) => {
        const text = cellOf(`{${words}}`, recordsOf(read, fileOf(name), 'rows', list));
        if (text === '-' || text.includes('{')) throw new InputError(`${name}: no record has ${words}`);
        return `${text}${bold ?? ''}${comment}`;
      },
    );

function isComparison(json: string): boolean {
  try {
    return 'compare' in JSON.parse(json);
  } catch (error) {
    throw new InputError(`table: ${json.trim().slice(0, 60)}: is no JSON (${(error as Error).message})`);
  }
}

const fileOf = (name: string) =>
  name.includes('/') ? `runs/results/${name}.json` : `runs/pretrained/${name}/evaluation.json`;
