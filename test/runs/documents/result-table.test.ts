import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { filledIn } from '../../../runs/documents/fill.ts';
import { resultTable } from '../../../runs/documents/result-table.ts';
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

  test('show quotients, per cents, means, records of records, and values within bounds', () => {
    const streams = {
      some: {
        rows: [
          {
            memory: 'a',
            floats: 8,
            ages: [
              { from: 0, error: 1 },
              { from: 8, error: 4 },
            ],
          },
        ],
      },
    };
    const json = JSON.stringify({
      file: 'f',
      records: 'some.rows',
      list: 'ages',
      rows: [{ each: 'memory', values: ['a'] }],
      columns: [
        { label: 'young', where: { from: { min: 0, max: 7 } } },
        { label: 'all', cell: '{mean error}' },
        { label: 'other', cell: '{error/floats:3}, {error% from=8}, {error from=16}' },
      ],
    });
    expect(resultTable(json, () => streams).at(-1)).toBe('| a   | 1     | 2.50 | 0.125 to 0.500, 400, - |');
  });

  test('of a comparison show the best of each memory within each budget, the least bold', () => {
    const row = (memory: string, bits: number, memory_bits: number, error: number) => ({
      memory,
      bits,
      memory_bits,
      error,
      unit: 'bits',
      episodes: 5,
    });
    const rows = [row('a', 1, 100, 3), row('a', 2, 200, 1), row('b', 1, 150, 2), row('b', 32, 190, 2.5)];
    const references = [{ name: 'raw', patterns: 64, bits: 8192 }];
    const record = {
      budgets: [100, 1000],
      evaluations: [
        { known: true, rows, references },
        { known: false, rows },
      ],
    };
    const block = '<!-- table\n{ "compare": "c", "known": true }\n-->\n<!-- /table -->';
    expect(
      filledIn(block, () => record)
        .split('\n')
        .slice(4, -2),
    ).toEqual([
      'Known; mean error in bits, 5 episodes; without loss: raw 8,192 bits.',
      '',
      '| memory | 100          | 1,000        |',
      '| ------ | ------------ | ------------ |',
      '| a      | **3.00 (1)** | **1.00 (2)** |',
      '| b      | -            | 2.00 (1)     |',
    ]);
    expect(filledIn('<!-- table\n{"compare":"c"}\n-->\n<!-- /table -->', () => record)).toContain(
      'Not told;',
    );
  });

  test('numbers in sentences are those of the record named behind them; one that no record has is an error', () => {
    const from = (text: string) => filledIn(text, read);
    const said =
      'makes **9**<!-- = binary: error memory=a patterns=16 --> errors, 1,000<!-- = x/y: floats memory=b --> floats';
    expect(from(said)).toBe(said.replace('**9**', '**0.12**').replace('1,000', '8,256'));
    expect(() => from('1<!-- = binary: error memory=c -->')).toThrow('binary: no record has error memory=c');
  });

  test('name what is wrong with them', () => {
    expect(() => filledIn('<!-- table\n{ "rows" }\n-->\n<!-- /table -->', read)).toThrow(
      /table: .*is no JSON/,
    );
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
    const once = filledIn(`before\n<!-- table\n${json}\n-->\nold\n<!-- /table -->\nafter`, read);
    expect(once).toContain('| b   | 0   |');
    expect(once).not.toContain('old');
    expect(once.startsWith('before\n') && once.endsWith('\nafter')).toBe(true);
    expect(filledIn(once, read)).toBe(once);
  });

  test('are made from records that name files without the folders of a machine', () => {
    const results = `${root}runs/results`;
    const named = readdirSync(results, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.json'))
      .filter((name) => /"(\/|[A-Z]:\\)[^"]*[/\\]/.test(readFileSync(`${results}/${name}`, 'utf8')));
    expect(named).toEqual([]);
  });

  test.each(documents(root).map((path) => path.slice(root.length)))('of %s are not stale', (path) => {
    const text = readFileSync(root + path, 'utf8');
    expect(filled(root, text)).toBe(text);
  });
});
