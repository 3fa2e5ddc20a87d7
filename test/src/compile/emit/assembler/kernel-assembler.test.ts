/** @file What the interface of kernels promises, on every target. */
import { describe, expect, test } from 'vitest';
import { Assembler } from '../../../../../src/compile/emit/assembler/assembler.ts';
import { Avx2Assembler } from '../../../../../src/compile/emit/assembler/avx2-assembler.ts';
import {
  at,
  type KernelAssembler,
  R8,
  R9,
  RCX,
  RDX,
  RSI,
  tilesOf,
} from '../../../../../src/compile/emit/assembler/kernel-assembler.ts';
import { Label } from '../../../../../src/compile/emit/assembler/label.ts';
import { avx2, type Target, wasm } from '../../../../../src/compile/emit/assembler/target.ts';
import { WasmAssembler } from '../../../../../src/compile/wasm/wasm-assembler.ts';
import { WasmFunction } from '../../../../../src/compile/wasm/wasm-registers.ts';
import { itOn, runSubroutine, someNumbers, targets } from '../subroutine.ts';

const assemblerOf = (target: Target) =>
  target === wasm ? WasmAssembler.ofStep(false) : target === avx2 ? new Avx2Assembler() : new Assembler();

describe.each(targets)('on $name', (target) => {
  const onTarget = itOn(target);
  const { lanes } = target;
  const bytes = 4 * lanes;
  const all = [...Array(lanes).keys()];
  /** What a vector becomes of one or two others, in registers 0 and 1; the result is register 2. */
  const ofTwo = (a: Float32Array, b: Float32Array, write: (assembler: KernelAssembler) => void) =>
    runSubroutine(
      (assembler) => {
        assembler.load(0, at(RSI));
        assembler.load(1, at(RDX));
        write(assembler);
        assembler.store(at(RCX), 2);
      },
      { a, b, result: new Float32Array(lanes) },
    );
  const cycled = (...values: number[]) => Float32Array.from(all, (i) => values[i % values.length]);
  const [left, right] = [cycled(Number.NaN, 1, 0, -3), cycled(2, Number.NaN, -0, 5)];

  onTarget('min and max take the second where either is no number, or both are zeros', () => {
    expect(ofTwo(left, right, (a) => a.vector('min', 2, 0, 1))).toEqual(cycled(2, Number.NaN, -0, -3));
    expect(ofTwo(right, left, (a) => a.vector('max', 2, 0, 1))).toEqual(cycled(Number.NaN, 1, 0, 5));
  });

  onTarget('extreme keeps what is no number, of the first and of the second', () => {
    const greatest = (write: (a: KernelAssembler) => void) => ofTwo(left, right, write);
    expect(greatest((a) => a.extreme('max', 2, 0, 1, {}, 24, 2)).map((v) => v + 0)).toEqual(cycled(Number.NaN, Number.NaN, 0, 5)); // biome-ignore format: one thought
    const over = greatest((a) => {
      a.move(2, 0);
      a.extreme('min', 2, 2, 1, {}, 24, 2);
    });
    expect(over.map((v) => v + 0)).toEqual(cycled(Number.NaN, Number.NaN, 0, -3));
  });

  onTarget('selects the second where a comparison holds', () => {
    const [a, b] = [someNumbers(lanes, 1), someNumbers(lanes, 2)];
    const least = ofTwo(a, b, (into) => {
      into.compare('less', 2, 1, 0);
      into.select(2, 0, 1, { mask: 2 });
    });
    expect(least).toEqual(a.map((v, i) => Math.min(v, b[i])));
  });

  onTarget('exchanges entries a power of 2 apart', () => {
    const a = someNumbers(lanes, 3);
    for (let distance = 1; distance < lanes; distance *= 2)
      expect(ofTwo(a, a, (into) => into.exchange(2, 0, distance))).toEqual(a.map((_, i) => a[i ^ distance])); // biome-ignore format: one thought
  });

  onTarget('adds up the numbers within vectors', () => {
    for (const count of [1, 3, lanes]) {
      const a = someNumbers(lanes * count, 4);
      const sums = runSubroutine(
        (assembler) => {
          for (let i = 0; i < count; i++) assembler.load(i, at(RSI, i * bytes));
          assembler.addWithin(0, count);
          if (count < lanes) assembler.setMask(7, (1 << count) - 1);
          assembler.store(at(RCX), 0, count < lanes ? { mask: 7 } : {});
        },
        { a, result: new Float32Array(count) },
      );
      for (const [i, sum] of sums.entries())
        expect(sum).toBeCloseTo(
          a.subarray(i * lanes, (i + 1) * lanes).reduce((x, y) => x + y),
          5,
        );
    }
  });

  onTarget('transposes blocks, whole ones and parts', () => {
    for (const [rows, columns] of [
      [lanes, lanes],
      [lanes - 1, lanes],
      [lanes, 3],
      [1, 2],
    ]) {
      // biome-ignore format: pairs
      const a = someNumbers(rows * lanes, 5);
      const turned = runSubroutine(
        (assembler) => {
          if (rows < lanes) assembler.setMask(1, (1 << rows) - 1);
          assembler.transposeBlock(
            { length: rows, place: (row) => at(RSI, row * bytes) },
            { length: columns, place: (column) => at(RCX, column * rows * 4), options: rows < lanes ? { mask: 1 } : {} }, // biome-ignore format: one thought
          );
        },
        { a, result: new Float32Array(rows * columns) },
      );
      expect(turned).toEqual(Float32Array.from(turned, (_, i) => a[(i % rows) * lanes + Math.floor(i / rows)])); // biome-ignore format: one thought
    }
  });

  onTarget('loops nest, and pushes and pops within them', () => {
    // 3 times 2 numbers, R8 counts both.
    const a = someNumbers(6, 6);
    const copied = runSubroutine(
      (assembler) =>
        assembler.loop(R8, 3, () => {
          assembler.push(R8);
          assembler.push(RCX);
          assembler.loop(R8, 2, () => {
            assembler.loadFirst(0, at(RSI));
            assembler.storeFirst(at(RCX), 0);
            for (const register of [RSI, RCX]) assembler.addNumber(register, 4);
          });
          assembler.copy(R9, RCX);
          assembler.pop(RCX);
          assembler.copy(RCX, R9);
          assembler.pop(R8);
        }),
      { a, result: new Float32Array(6) },
    );
    expect(copied).toEqual(a);
  });

  test('calls no subroutine of another target', () => {
    const other = target === wasm ? new Label() : new WasmFunction(0);
    expect(() => assemblerOf(target).call(other)).toThrow('a subroutine of another target');
  });

  test('has tiles or says that it has none', () => {
    const assembler: KernelAssembler = assemblerOf(target);
    if (assembler.tiles) expect(tilesOf(assembler)).toBe(assembler);
    else expect(() => tilesOf(assembler)).toThrow('a target without tiles');
    expect(assembler.tiles === undefined).toBe(target.name !== 'avx512');
  });
});
