import { describe, expect } from 'vitest';
import { at, R8, RAX, RDX, RSI } from '../../../../../src/compile/emit/assembler/kernel-assembler.ts';
import { WORD_BYTES } from '../../../../../src/compile/emit/assembler/target.ts';
import {
  emitProduct,
  isProductSupported,
  type Product,
  scratchOf,
  tableNumbers,
} from '../../../../../src/compile/emit/products/products.ts';
import { itOn, runSubroutine, someNumbers, targets } from '../subroutine.ts';

type Shape = [rows: number, inner: number, columns: number];

/** Contiguous operands, a or b transposed where said. */
function product([rows, inner, columns]: Shape, transposed: string, more: Partial<Product> = {}): Product {
  return {
    rows, inner, columns, alpha: 1, batch: [],
    a: transposed.includes('a') ? { row: 1, inner: rows } : { row: inner, inner: 1 },
    b: transposed.includes('b') ? { inner: 1, column: inner } : { inner: columns, column: 1 },
    c: { row: columns },
    ...more,
  }; // biome-ignore format: one idea a line
}

type Visit = (a: number, b: number, c: number) => void;

/** Calls with the places of a, b and c where every batch starts. */
function eachBatch(p: Product, visit: Visit, axis = 0, a = 0, b = 0, c = 0): void {
  if (axis === p.batch.length) visit(a, b, c);
  else
    for (let i = 0; i < p.batch[axis].length; i++) {
      const step = p.batch[axis];
      eachBatch(p, visit, axis + 1, a + i * step.a, b + i * step.b, c + i * step.c);
    }
}

/** Numbers at the places that are visited; every other is NaN. */
function numbersAt(visitAll: (visit: (place: number) => void) => void, seed: number): Float32Array {
  let [least, most] = [0, 0];
  visitAll((place) => {
    least = Math.min(least, place);
    most = Math.max(most, place);
  });
  expect(least).toBe(0);
  const numbers = new Float32Array(most + 1).fill(Number.NaN);
  const some = someNumbers(most + 1, seed);
  visitAll((place) => {
    numbers[place] = some[place];
  });
  return numbers;
}

/** The largest error, relative to the sum of absolute values of what is added, of the subroutine's result. */
function error(p: Product): number {
  const { rows, inner, columns } = p;
  const places = (m: number, stride: number, n: number, step: number, start: number, visit: (place: number) => void) => {
    for (let i = 0; i < m; i++) for (let j = 0; j < n; j++) visit(start + i * stride + j * step);
  }; // biome-ignore format: one thought
  // Every number that no place names is NaN, and stays so in the result.
  const a = numbersAt((visit) => eachBatch(p, (at) => places(rows, p.a.row, inner, p.a.inner, at, visit)), 1);
  const b = numbersAt((visit) => eachBatch(p, (_, at) => places(inner, p.b.inner, columns, p.b.column, at, visit)), 2); // biome-ignore format: one line
  const ofResult = (visit: (place: number) => void) => eachBatch(p, (_, __, at) => places(rows, p.c.row, columns, 1, at, visit)); // biome-ignore format: one line
  const before = numbersAt(ofResult, 3);
  ofResult((place) => {
    before[place] = place % 7;
  });
  const expected = Float64Array.from(before);
  const scale = new Float64Array(before.length).fill(1);
  if (!p.accumulate)
    ofResult((place) => {
      expected[place] = 0;
    });
  eachBatch(p, (atA, atB, atC) => {
    for (let i = 0; i < rows; i++)
      for (let j = 0; j < columns; j++) {
        const place = atC + i * p.c.row + j;
        for (let k = 0; k < inner; k++) {
          const term =
            p.alpha * a[atA + i * p.a.row + k * p.a.inner] * b[atB + k * p.b.inner + j * p.b.column];
          expected[place] += term;
          scale[place] += Math.abs(term);
        }
      }
  });
  const result = runSubroutine((assembler) => emitProduct(assembler, p), {
    a, b, result: before, scratch: scratchOf(p),
  }); // biome-ignore format: one line
  let worst = 0;
  result.forEach((value, i) => {
    if (Number.isNaN(expected[i])) {
      if (!Number.isNaN(value)) throw new Error(`number ${i} between the rows of the result was written`);
    } else if (Number.isNaN(value)) throw new Error(`number ${i} of the result is NaN`);
    else worst = Math.max(worst, Math.abs(value - expected[i]) / scale[i]);
  });
  return worst;
}

const odd = [1, 2, 3, 7, 15, 16, 17, 33];

describe.each(targets)('a product, $name', (target) => {
  const it = itOn(target);

  for (const transposed of ['', 'a', 'b', 'ab'])
    it(`is that of float64 for all small shapes, transposed: ${transposed || 'none'}`, () => {
      for (const rows of odd)
        for (const inner of odd)
          for (const columns of odd) {
            const shape: Shape = [rows, inner, columns];
            expect(error(product(shape, transposed)), shape.join(' x ')).toBeLessThan(1e-6);
          }
    });

  it.each<[Shape, string]>([
    [[32, 128, 256], ''], [[256, 32, 64], 'a'], [[64, 64, 16], 'b'], [[200, 16, 16], ''], [[32, 256, 1], ''],
    [[32, 256, 1], 'a'], [[1, 256, 250], ''], [[9, 1000, 16], 'b'], [[18, 1024, 8], 'b'], [[16, 8, 500], ''],
    [[8, 16, 256], ''], [[40, 70, 600], ''], [[100, 33, 100], 'b'], [[1, 100, 40], 'b'], [[40, 100, 1], 'b'],
    [[65, 64, 47], 'ab'], [[33, 70, 520], ''], [[16, 16, 2048], ''], [[16, 16, 1024], 'a'], [[37, 24, 1024], ''],
  ])('is that of float64 for %j, transposed: %s', (shape, transposed) => {
    expect(error(product(shape, transposed))).toBeLessThan(1e-6);
  }); // biome-ignore format: a table

  it('multiplies by a factor and adds to what is there', () => {
    for (const transposed of ['', 'b'])
      for (const shape of [[5, 40, 37], [9, 1000, 16], [1, 3, 1]] as Shape[]) // biome-ignore format: a table
        for (const alpha of [1, -0.3])
          for (const accumulate of [false, true])
            expect(error(product(shape, transposed, { alpha, accumulate }))).toBeLessThan(1e-6);
  });

  it('goes along batches whose operands move or stay', () => {
    const batches: Product['batch'][] = [
      [{ length: 3, a: 35, b: 140, c: 100 }],
      [{ length: 3, a: 35, b: 0, c: 100 }],
      [{ length: 3, a: 0, b: 140, c: 100 }],
      [{ length: 2, a: 0, b: 140, c: 300 }, { length: 3, a: 35, b: 0, c: 100 }],
      [{ length: 2, a: 105, b: 0, c: 300 }, { length: 3, a: 35, b: 140, c: 100 }],
      [{ length: 4, a: 35, b: 0, c: 5 * 20 }, { length: 1, a: 9, b: 9, c: 9 }],
    ]; // biome-ignore format: a table
    for (const transposed of ['', 'a', 'b'])
      for (const batch of batches)
        expect(error(product([5, 7, 20], transposed, { batch })), JSON.stringify(batch)).toBeLessThan(1e-6);
    for (const transposed of ['', 'a', 'b'])
      for (const loop of [{ a: 35, b: 7, c: 5 }, { a: 0, b: 7, c: 5 }, { a: 35, b: 0, c: 5 }]) // biome-ignore format: a table
        expect(error(product([5, 7, 1], transposed, { batch: [{ length: 3, ...loop }] }))).toBeLessThan(1e-6);
    const sum = { accumulate: true, batch: [{ length: 4, a: 35, b: 140, c: 0 }] };
    expect(error(product([5, 7, 20], '', sum))).toBeLessThan(1e-6);
    const one = [{ length: 6, a: 7, b: 0, c: 20 }];
    expect(error(product([1, 7, 20], '', { batch: one }))).toBeLessThan(1e-6);
  });

  it('takes strides larger than rows, and 0', () => {
    const wide = { a: { row: 50, inner: 1 }, b: { inner: 60, column: 1 }, c: { row: 40 } };
    expect(error(product([6, 20, 35], '', wide))).toBeLessThan(1e-6);
    expect(error(product([6, 20, 35], '', { ...wide, b: { inner: 1, column: 60 } }))).toBeLessThan(1e-6);
    expect(error(product([6, 20, 35], '', { ...wide, a: { row: 3, inner: 50 } }))).toBeLessThan(1e-6);
    expect(error(product([6, 20, 35], '', { a: { row: 0, inner: 1 } }))).toBeLessThan(1e-6);
    expect(error(product([6, 20, 35], '', { b: { inner: 0, column: 1 } }))).toBeLessThan(1e-6);
    expect(error(product([6, 20, 35], '', { b: { inner: 1, column: 0 } }))).toBeLessThan(1e-6);
    expect(error(product([6, 20, 1], '', { b: { inner: 3, column: 1 } }))).toBeLessThan(1e-6);
  });

  it('adds up the products of several pairs of operands', () => {
    const [rows, inner, columns, parts] = [37, 12, 53, 3];
    const p = product([rows, inner, columns], 'a', { parts, accumulate: true });
    const [a, b] = [someNumbers(parts * rows * inner, 1), someNumbers(parts * inner * columns, 2)];
    const before = someNumbers(rows * columns, 3);
    const result = runSubroutine(
      (assembler) => {
        for (let part = 0; part < parts; part++) {
          assembler.address(RAX, at(RSI, 4 * part * rows * inner));
          assembler.storeWord(at(R8, 2 * WORD_BYTES * part), RAX);
          assembler.address(RAX, at(RDX, 4 * part * inner * columns));
          assembler.storeWord(at(R8, (2 * part + 1) * WORD_BYTES), RAX);
        }
        assembler.set(RSI, 0);
        assembler.set(RDX, 0);
        emitProduct(assembler, p);
      },
      { a, b, result: before, scratch: 4 * parts },
    );
    for (let i = 0; i < rows; i++)
      for (let j = 0; j < columns; j++) {
        let sum = before[i * columns + j];
        for (let part = 0; part < parts; part++)
          for (let k = 0; k < inner; k++)
            sum += a[(part * inner + k) * rows + i] * b[(part * inner + k) * columns + j];
        expect(Math.abs(result[i * columns + j] - sum)).toBeLessThan(1e-5);
      }
  });

  /** The largest error of some entries of every row, of products too large to look at all; operands as long as strides say. */
  function someError(p: Product, parts = 1): number {
    const { rows, inner, columns } = p;
    const length = (n: number, stride: number, m: number, step: number) => (n - 1) * stride + (m - 1) * step + 1; // biome-ignore format: one thought
    const sizes = {
      a: length(rows, p.a.row, inner, p.a.inner),
      b: length(inner, p.b.inner, columns, p.b.column),
    };
    const [a, b] = [someNumbers(parts * sizes.a, 1), someNumbers(parts * sizes.b, 2)];
    const before = someNumbers(length(rows, p.c.row, columns, 1), 3);
    const result = runSubroutine(
      (assembler) => {
        if (parts > 1) {
          for (let part = 0; part < parts; part++) {
            assembler.address(RAX, at(RSI, 4 * part * sizes.a));
            assembler.storeWord(at(R8, 2 * WORD_BYTES * part), RAX);
            assembler.address(RAX, at(RDX, 4 * part * sizes.b));
            assembler.storeWord(at(R8, (2 * part + 1) * WORD_BYTES), RAX);
          }
          assembler.set(RSI, 0);
          assembler.set(RDX, 0);
        }
        emitProduct(assembler, p);
      },
      { a, b, result: before, scratch: scratchOf(p) + (parts > 1 ? tableNumbers(parts) : 0) },
    );
    let worst = 0;
    for (let i = 0; i < rows; i++)
      for (let j = 0; j < p.c.row && i * p.c.row + j < result.length; j++) {
        const at = i * p.c.row + j;
        if (j >= columns) {
          expect(result[at], `number ${at} between rows`).toBe(before[at]);
          continue;
        }
        if ((i + j) % 31 && j !== columns - 1) continue;
        let sum = p.accumulate ? before[at] : 0;
        let scale = 1;
        for (let part = 0; part < parts; part++)
          for (let k = 0; k < inner; k++) {
            const [x, y] = [i * p.a.row + k * p.a.inner, k * p.b.inner + j * p.b.column];
            const term = a[part * sizes.a + x] * b[part * sizes.b + y];
            sum += term;
            scale += Math.abs(term);
          }
        worst = Math.max(worst, Math.abs(result[at] - sum) / scale);
      }
    return worst;
  }

  it.each<[Shape, number]>([
    [[32, 256, 96], 512], [[33, 131, 83], 520], [[75, 128, 100], 1024], [[300, 130, 70], 512],
  ])('copies panels of rows that lie far apart: %j of %i', ([rows, inner, columns], row) => {
    const far = product([rows, inner, columns], '', { b: { inner: row, column: 1 }, c: { row: columns + 3 } });
    expect(someError(far)).toBeLessThan(1e-6);
    expect(someError({ ...far, accumulate: true, alpha: 1 })).toBeLessThan(1e-6);
  }); // biome-ignore format: a table

  it.each<[Shape, number]>([
    [[400, 5, 331], 1], [[131, 18, 1024], 3], [[1024, 3, 129], 2], [[64, 33, 2080], 2], [[370, 300, 360], 1],
  ])('copies both operands of a result that is large: %j, %i parts', ([rows, inner, columns], parts) => {
    const of = (more: Partial<Product>) =>
      product([rows, inner, columns], 'a', { c: { row: columns + 1 }, ...(parts > 1 ? { parts } : {}), ...more }); // biome-ignore format: one thought
    expect(someError(of({}), parts)).toBeLessThan(1e-6);
    expect(someError(of({ accumulate: true }), parts)).toBeLessThan(1e-6);
  }); // biome-ignore format: a table

  it('says where no axis of b is contiguous', () => {
    const p = product([6, 20, 35], '', { b: { inner: 70, column: 2 } });
    expect(isProductSupported(p)).toBe(false);
    expect(() => scratchOf(p)).toThrow('no contiguous axis');
    expect(isProductSupported(product([6, 20, 35], 'b'))).toBe(true);
  });
});
