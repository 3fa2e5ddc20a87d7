/** @file Results as a plain text table: a row for each memory, a column for each load. */
import type { EvaluationRow } from './records.ts';

/** Three significant digits, without exponents for what people read as counts. */
export function short(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  if (value === 0) return '0';
  // Of 9.996 three digits are 10.0.
  const size = Math.abs(Number(value.toPrecision(3)));
  if (size >= 100) return value.toFixed(0);
  if (size >= 10) return value.toFixed(1);
  if (size >= 0.01) return value.toFixed(2);
  return value.toPrecision(1);
}

/** Lays cells out in columns; the first is flush left, the others flush right. */
export function textTable(rows: string[][]): string[] {
  const widths = rows[0].map((_, i) => Math.max(...rows.map((row) => row[i].length)));
  return rows.map((row) =>
    row
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i])))
      .join('  ')
      .trimEnd(),
  );
}

/** Mean errors by memory and load, with memory size, and rows taken from the literature below. */
export function errorTable(
  rows: EvaluationRow[],
  published: { name: string; points: readonly (readonly [number, number])[] }[] = [],
): string[] {
  const loads = [...new Set(rows.map((row) => row.patterns))].sort((a, b) => a - b);
  const memories = [...new Set(rows.map((row) => row.memory))];
  const cells = memories.map((memory) => {
    const own = rows.filter((row) => row.memory === memory);
    const floats = [...new Set(own.map((row) => row.floats))];
    const size = floats.length === 1 ? String(floats[0]) : `${Math.min(...floats)}-${Math.max(...floats)}`;
    return [
      memory,
      size,
      ...loads.map((n) => short(own.find((row) => row.patterns === n)?.error ?? Number.NaN)),
    ];
  });
  const others = published.map(({ name, points }) => [
    name,
    '',
    ...loads.map((n) => points.find(([patterns]) => patterns === n)?.[1].toString() ?? '-'),
  ]);
  return textTable([['memory', 'floats', ...loads.map((n) => `${n} patterns`)], ...cells, ...others]);
}

/** A row for each memory and bits a number: bits of memory, and for each load the error and the compression. */
export function bitsTable(rows: EvaluationRow[]): string[] {
  const loads = [...new Set(rows.map((row) => row.patterns))].sort((a, b) => a - b);
  const keys = [
    ...new Set(rows.map(({ memory, bits, memory_bits }) => JSON.stringify([memory, bits, memory_bits]))),
  ];
  // Sizes that depend on the load are rows of their own.
  const cells = keys.map((key) => {
    const [memory, bits, memoryBits] = JSON.parse(key) as [string, number | null, number | null];
    const own = rows.filter((row) => JSON.stringify([row.memory, row.bits, row.memory_bits]) === key);
    const at = (n: number) => own.find(({ patterns }) => patterns === n);
    return [
      memory,
      bits === null ? '-' : String(bits),
      memoryBits === null ? '-' : String(memoryBits),
      ...loads.flatMap((n) => {
        const row = at(n);
        return row ? [short(row.error), short(row.compression)] : ['-', '-'];
      }),
    ];
  });
  const header = loads.flatMap((n) => [`${n} patterns`, 'compression']);
  return textTable([['memory', 'bits a number', 'bits of memory', ...header], ...cells]);
}

/** Memory size, compression and seconds of storing, for every memory and load. */
export function storingTable(rows: EvaluationRow[]): string[] {
  return textTable([
    ['memory', 'patterns', 'floats', 'compression', 'bits a float', 'seconds to store'],
    ...rows.map(({ memory, patterns, floats, compression, bits_per_float, store_seconds }) => [
      memory,
      String(patterns),
      String(floats),
      short(compression),
      bits_per_float === undefined ? '-' : short(bits_per_float),
      store_seconds === undefined ? '-' : short(store_seconds),
    ]),
  ]);
}
