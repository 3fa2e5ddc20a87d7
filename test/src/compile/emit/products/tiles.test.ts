import { describe, expect, test } from 'vitest';
import { Assembler } from '../../../../../src/compile/emit/assembler/assembler.ts';
import { at, type KernelAssembler, R8, R12, R13, R14, R15, RCX, RDX, RSI, type TileAssembler } from '../../../../../src/compile/emit/assembler/kernel-assembler.ts'; // biome-ignore format: one import
import { Label } from '../../../../../src/compile/emit/assembler/label.ts';
import { emitSplit, emitTileProduct, type PartCount, type SplitMatrix, splitSize, tileShapes } from '../../../../../src/compile/emit/products/tiles.ts'; // biome-ignore format: one import
import { hasTiles } from '../../../../../src/compile/native/machine.ts';
import { runSubroutine, someNumbers } from '../subroutine.ts';

interface Case {
  parts?: PartCount;
  rows: number;
  inner: number;
  columns: number;
  transposed?: string;
  row?: number;
  accumulate?: boolean;
}

/** Both operands split, then multiplied. */
function multiply(
  { parts = 3, rows, inner, columns, transposed = '', row = columns, accumulate = false }: Case,
  a: Float32Array,
  b: Float32Array,
  before: Float32Array,
): Float32Array {
  const left: SplitMatrix = transposed.includes('a')
    ? { parts, side: 'left', across: { length: rows, stride: 1 }, inner: { length: inner, stride: rows } }
    : { parts, side: 'left', across: { length: rows, stride: inner }, inner: { length: inner, stride: 1 } };
  const right: SplitMatrix = transposed.includes('b')
    ? {
        parts,
        side: 'right',
        across: { length: columns, stride: inner },
        inner: { length: inner, stride: 1 },
      }
    : {
        parts,
        side: 'right',
        across: { length: columns, stride: 1 },
        inner: { length: inner, stride: columns },
      };
  const operands = {
    // The shapes of the tiles lie behind a.
    a: Float32Array.from([...a, ...tileShapes]),
    b,
    result: before,
    scratch: splitSize(left) + splitSize(right),
  };
  const kept = [RSI, RDX, RCX, R8].map((from, i) => ({ from, to: [R12, R13, R14, R15][i] }));
  const whole = (assembler: KernelAssembler) => {
    if (!(assembler instanceof Assembler)) throw new Error('tiles are written for AVX-512');
    const subroutines = [
      (to: TileAssembler) => emitSplit(to, left),
      (to: TileAssembler) => emitSplit(to, right),
      (to: TileAssembler) => emitTileProduct(to, { parts, rows, columns, inner, row, accumulate }),
    ].map((emit) => ({ emit, label: new Label() }));
    for (const { from, to } of kept) assembler.copy(to, from);
    const [A, B, RESULT, SCRATCH] = kept.map(({ to }) => to);
    const second = at(SCRATCH, 4 * splitSize(left));
    assembler.configureTiles(at(A, 4 * a.length));
    assembler.copy(RSI, A);
    assembler.copy(RCX, SCRATCH);
    assembler.call(subroutines[0].label);
    assembler.copy(RSI, B);
    assembler.address(RCX, second);
    assembler.call(subroutines[1].label);
    assembler.copy(RSI, SCRATCH);
    assembler.address(RDX, second);
    assembler.copy(RCX, RESULT);
    assembler.call(subroutines[2].label);
    assembler.releaseTiles();
    assembler.return();
    for (const { emit, label } of subroutines) {
      assembler.place(label);
      emit(assembler);
      assembler.return();
    }
  };
  return runSubroutine(whole, operands);
}

/** The errors of the product, and of one of float32, relative to the root of the sum of squares of what is added: root mean squares. */
function errors(given: Case, a: Float32Array, b: Float32Array): { tiles: number; float32: number } {
  const { rows, inner, columns, transposed = '', row = columns, accumulate } = given;
  const before = Float32Array.from({ length: rows * row }, (_, i) =>
    i % row < columns ? i % 5 : Number.NaN,
  );
  const result = multiply(given, a, b, before);
  const [tiles, float32]: number[][] = [[], []];
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < row; j++) {
      if (j >= columns) {
        expect(result[i * row + j]).toBeNaN();
        continue;
      }
      let [exact, squares, rounded] = [accumulate ? before[i * row + j] : 0, 1e-60, 0];
      for (let k = 0; k < inner; k++) {
        const x = a[transposed.includes('a') ? k * rows + i : i * inner + k];
        const y = b[transposed.includes('b') ? j * inner + k : k * columns + j];
        exact += x * y;
        squares += (x * y) ** 2;
        rounded = Math.fround(rounded + Math.fround(x * y));
      }
      if (accumulate) rounded += before[i * row + j];
      tiles.push((result[i * row + j] - exact) / Math.sqrt(squares));
      float32.push((rounded - exact) / Math.sqrt(squares));
    }
  const rms = (list: number[]) => Math.sqrt(list.reduce((sum, x) => sum + x * x, 0) / list.length);
  return { tiles: rms(tiles), float32: rms(float32) };
}

describe.skipIf(!hasTiles())('a product by tiles', () => {
  test.each<Case>([
    { rows: 16, inner: 32, columns: 16 },
    { rows: 32, inner: 64, columns: 48 },
    { rows: 48, inner: 32, columns: 80 },
    { rows: 32, inner: 256, columns: 64, row: 70 },
    { rows: 64, inner: 96, columns: 32, accumulate: true },
    { rows: 48, inner: 64, columns: 48, row: 50, accumulate: true },
  ])('is as exact as float32: %j', (shape) => {
    for (const transposed of ['', 'a', 'b', 'ab']) {
      const given = { ...shape, transposed };
      const [a, b] = [someNumbers(shape.rows * shape.inner, 1), someNumbers(shape.inner * shape.columns, 2)];
      const { tiles, float32 } = errors(given, a, b);
      expect(tiles, transposed).toBeLessThan(1.2 * float32 + 2e-8);
      expect(tiles, transposed).toBeLessThan(2e-7);
    }
  });

  test('of two parts is exact to 2^-16', () => {
    for (const transposed of ['', 'a', 'b', 'ab']) {
      const shape = { rows: 48, inner: 96, columns: 80, transposed };
      const [a, b] = [someNumbers(48 * 96, 1), someNumbers(96 * 80, 2)];
      const { tiles } = errors({ ...shape, parts: 2 }, a, b);
      expect(tiles, transposed).toBeLessThan(2 ** -16);
      // It is no accident of three.
      expect(tiles, transposed).toBeGreaterThan(2 ** -21);
    }
  });

  test('keeps all digits of numbers of every size', () => {
    // One number a row and column: the product of two is all that is added.
    const [a, b] = [new Float32Array(16 * 32), new Float32Array(32 * 16)];
    for (let i = 0; i < 16; i++) {
      a[i * 32 + 2 * i] = (1 / 3) * 10 ** (2 * i - 16);
      for (let j = 0; j < 16; j++) b[2 * i * 16 + j] = (-1 / 7) * 10 ** (j - 8);
    }
    const result = multiply({ rows: 16, inner: 32, columns: 16 }, a, b, new Float32Array(256));
    for (let i = 0; i < 16; i++)
      for (let j = 0; j < 16; j++) {
        const exact = a[i * 32 + 2 * i] * b[2 * i * 16 + j];
        expect(Math.abs(result[i * 16 + j] / exact - 1)).toBeLessThan(2 ** -23);
      }
  });

  test('tells where a number is infinite or none', () => {
    const [a, b] = [someNumbers(16 * 32, 3), someNumbers(32 * 16, 4)];
    a[0] = Number.POSITIVE_INFINITY;
    a[32] = Number.NaN;
    const result = multiply({ rows: 16, inner: 32, columns: 16 }, a, b, new Float32Array(256));
    result.forEach((value, i) => {
      expect(Number.isFinite(value)).toBe(i >= 32);
    });
  });
});
