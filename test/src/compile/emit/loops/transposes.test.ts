import { describe, expect } from 'vitest';
import { emitTranspose } from '../../../../../src/compile/emit/loops/transposes.ts';
import { itOn, runSubroutine, someNumbers, targets } from '../subroutine.ts';

const odd = [1, 2, 3, 15, 16, 17, 33, 64];

describe.each(targets)('a transpose, $name', (target) => {
  const it = itOn(target);

  it('exchanges rows and columns of every shape, and writes nothing else', () => {
    for (const rows of odd)
      for (const columns of odd)
        for (const gap of [0, 3]) {
          const row = { from: columns + gap, to: rows + gap };
          const source = someNumbers(rows * row.from, rows);
          const expected = new Float32Array((columns - 1) * row.to + rows).fill(Number.NaN);
          for (let i = 0; i < rows; i++)
            for (let j = 0; j < columns; j++) expected[j * row.to + i] = source[i * row.from + j];
          const result = runSubroutine(
            (assembler) =>
              emitTranspose(assembler, { rows, columns, from: { row: row.from }, to: { row: row.to }, batch: [] }), // biome-ignore format: one line
            { a: source, result: new Float32Array(expected.length).fill(Number.NaN) },
          );
          expect(result, `${rows} x ${columns}`).toEqual(expected);
        }
  });

  it('goes along a batch of two axes', () => {
    const [outer, inner, rows, columns] = [2, 3, 5, 18];
    const size = rows * columns;
    const source = someNumbers(outer * inner * size, 1);
    // The result has the outer and inner axes exchanged.
    const batch = [{ length: outer, from: inner * size, to: size }, { length: inner, from: size, to: outer * size }]; // biome-ignore format: one line
    const expected = new Float32Array(source.length);
    for (let o = 0; o < outer; o++)
      for (let n = 0; n < inner; n++)
        for (let i = 0; i < rows; i++)
          for (let j = 0; j < columns; j++)
            expected[(n * outer + o) * size + j * rows + i] =
              source[(o * inner + n) * size + i * columns + j];
    const result = runSubroutine(
      (assembler) =>
        emitTranspose(assembler, { rows, columns, from: { row: columns }, to: { row: rows }, batch }),
      { a: source, result: new Float32Array(source.length) },
    );
    expect(result).toEqual(expected);
  });
});
