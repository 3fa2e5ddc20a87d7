import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { fillTables, resultTable } from '../../../runs/documents/result-table.ts';
import { documents, filled } from '../../../runs/documents/stale.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const file = {
  rows: [
    { memory: 'a', patterns: 16, floats: 100, error: 0.12345 },
    { memory: 'a', patterns: 32, floats: 200, error: null },
    { memory: 'b', patterns: 16, floats: 8256, error: 0 },
  ],
};
const read = () => file;
const both = { each: 'patterns', values: [16, 32] };

describe('tables of documents', () => {
  test('have a row and a column for each value, numbers short, what is missing as a dash, what diverged in words', () => {
    const json = JSON.stringify({
      file: 'f',
      corner: 'memory',
      rows: [{ each: 'memory', values: [['a', '**A**'], 'b'] }],
      columns: [both],
    });
    expect(resultTable(json, read)).toEqual([
      '| memory | 16   | 32       |',
      '| ------ | ---- | -------- |',
      '| **A**  | 0.12 | diverges |',
      '| b      | 0    | -        |',
    ]);
  });

  test('show a range where records differ, decimals as told, and published rows', () => {
    const json = JSON.stringify({
      file: 'f',
      rows: [
        { label: 'x', where: { memory: 'a' } },
        { label: 'published', published: 'EBMM' },
      ],
      columns: [
        { label: 'floats', cell: '{floats}' },
        { label: '16', where: { patterns: 16 }, cell: '{error:3}' },
      ],
    });
    expect(resultTable(json, read).slice(2)).toEqual([
      '| x         | 100 to 200 | 0.123 |',
      '| published | -          | 0     |',
    ]);
  });

  test('name what is wrong with them', () => {
    expect(() => resultTable('{"rows": []}', read)).toThrow(/table: rows/);
    expect(() => resultTable('{"rows": [{"label": "x"}], "columns": [{"label": "y"}]}', read)).toThrow(
      'table: row "x": no file',
    );
  });

  test('are replaced where they stand, and only they', () => {
    const json = JSON.stringify({
      file: 'f',
      rows: [{ each: 'memory', values: ['b'] }],
      columns: [{ each: 'patterns', values: [16] }],
    });
    const once = fillTables(`before\n<!-- table\n${json}\n-->\nold\n<!-- /table -->\nafter`, read);
    expect(once).toContain('| b   | 0   |');
    expect(once).not.toContain('old');
    expect(once.startsWith('before\n') && once.endsWith('\nafter')).toBe(true);
    expect(fillTables(once, read)).toBe(once);
  });

  test.each(documents(root).map((path) => path.slice(root.length)))('of %s are not stale', (path) => {
    const text = readFileSync(root + path, 'utf8');
    expect(filled(root, text)).toBe(text);
  });
});
