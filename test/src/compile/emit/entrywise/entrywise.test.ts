import { describe, expect, test } from 'vitest';
import { avx2, avx512 } from '../../../../../src/compile/emit/assembler/target.ts';
import { entrywise } from '../../../../../src/compile/emit/entrywise/entrywise.ts';
import { Builder } from '../../../../../src/compile/graph/builder.ts';
import type { Binary, Node, Unary } from '../../../../../src/compile/graph/graph.ts';
import { binaryFunctions, unaryFunctions } from '../../../../../src/compile/graph/scalar.ts';
import { nativeCode } from '../../../../../src/compile/native/code.ts';
import { hasAvx2, isSupported } from '../../../../../src/compile/native/machine.ts';
import { NativeProgram } from '../../../../../src/compile/native/native-program.ts';
import { Unsupported } from '../../../../../src/compile/program/unsupported.ts';
import type { Trace } from '../../../../../src/compile/trace/trace-backend.ts';
import { ownProgram, wasmProgram } from '../../../../../src/compile/wasm/program.ts';
import { stream } from '../../../../../src/random.ts';

/** What an operation of the graph gives for lists of numbers. */
async function computedOn(
  target: string,
  make: (b: Builder, ...x: Node[]) => Node,
  ...lists: ArrayLike<number>[]
) {
  const builder = new Builder();
  const inputs: Record<string, Node> = {};
  for (const [i, list] of lists.entries()) inputs[`x${i}`] = builder.input(`x${i}`, [list.length], 'float32');
  const traced = { builder, inputs, outputs: { y: make(builder, ...Object.values(inputs)) } };
  const program =
    target === 'wasm'
      ? ownProgram(await wasmProgram(traced as unknown as Trace, {}, 0))
      : new NativeProgram(
          traced as unknown as Trace,
          {},
          0,
          undefined,
          undefined,
          target === 'avx2' ? avx2 : avx512,
        );
  const values = Object.fromEntries(lists.map((list, i) => [`x${i}`, Float32Array.from(list)]));
  const { y } = await program.run(values);
  program.free?.();
  return Array.from(y);
}

const special = [0, -0, 1, -1, 0.5, 2.5, -2.5, 1e-40, 3e38, Infinity, -Infinity, Number.NaN];
const between = (low: number, high: number, count = 4001) =>
  Float32Array.from({ length: count }, (_, i) => low + ((high - low) * i) / (count - 1));

/** Units in the last place by which a result is off, relative to a value of at least `least` in size. */
function apart(actual: number, expected: number, least = 2 ** -126): number {
  const size = Math.max(Math.abs(expected), least);
  return Math.abs(actual - expected) / 2 ** (Math.floor(Math.log2(size)) - 23);
}

describe.each([...(isSupported() ? ['avx512'] : []), ...(hasAvx2() ? ['avx2'] : []), 'wasm'])(
  'operations on numbers, %s',
  (target) => {
    const computed = (make: (b: Builder, ...x: Node[]) => Node, ...lists: ArrayLike<number>[]) =>
      computedOn(target, make, ...lists);
    /** As float32; denormal numbers are 0 to machine code. */
    const flushed = (value: number) => {
      const number = Math.fround(value);
      return target !== 'wasm' && Math.abs(number) < 2 ** -126 ? 0 * number : number;
    };
    /** Whatever the sign of a zero. */
    const shown = (value: number) => flushed(value) || Math.abs(flushed(value));

    const exact = ['Neg', 'Sqrt', 'Reciprocal', 'Abs', 'Sign', 'Relu', 'Floor', 'Ceil', 'Round', 'IsNaN', 'IsInf'] as const; // biome-ignore format: a list
    test.each(exact)('%s is rounded once, for all kinds of numbers', async (op) => {
      const x = [...special, ...between(-3, 3, 101)];
      const y = await computed((b, x) => b.graph.node(op, [x], {}, x.shape, 'float32'), x);
      for (const [i, value] of x.entries()) {
        const expected = shown(unaryFunctions[op](flushed(value)));
        expect(shown(y[i]), `${op}(${value})`).toBe(expected);
      }
    });

    test('a sigmoid keeps its digits far below 0', async () => {
      const x = between(-87, -16, 501);
      const y = await computed((b, x) => b.unary('Sigmoid', x), x);
      for (const [i, v] of x.entries()) expect(apart(y[i], 1 / (1 + Math.exp(-v)))).toBeLessThanOrEqual(4);
    });

    test('functions at their ends', async () => {
      const of = (op: Unary) =>
        computed((b, x) => b.unary(op, x), [-Infinity, -200, 0, 200, Infinity, Number.NaN]);
      expect(await of('Exp')).toEqual([0, 0, 1, Infinity, Infinity, Number.NaN]);
      expect((await of('Log')).slice(2)).toEqual([
        -Infinity,
        Math.fround(Math.log(200)),
        Infinity,
        Number.NaN,
      ]);
      expect((await of('Log')).slice(0, 2)).toEqual([Number.NaN, Number.NaN]);
      expect(await of('Sigmoid')).toEqual([0, 0, 0.5, 1, 1, Number.NaN]);
      expect(await of('Softplus')).toEqual([0, 0, Math.fround(Math.LN2), 200, Infinity, Number.NaN]);
      const tanh = await of('Tanh');
      expect(tanh).toEqual([-1, -1, 0, 1, 1, Number.NaN]);
      for (const op of ['Sin', 'Cos', 'Tan'] as const) {
        const [below, , zero, , above, none] = await of(op);
        expect([below, above, none]).toEqual([Number.NaN, Number.NaN, Number.NaN]);
        expect(zero).toBe(op === 'Cos' ? 1 : 0);
      }
      expect((await of('Atan')).map((y) => y.toFixed(4))).toEqual([
        '-1.5708',
        '-1.5658',
        '0.0000',
        '1.5658',
        '1.5708',
        'NaN',
      ]);
      expect(await of('Asin')).toEqual([Number.NaN, Number.NaN, 0, Number.NaN, Number.NaN, Number.NaN]);
      expect((await of('Log1p')).slice(0, 3)).toEqual([Number.NaN, Number.NaN, 0]);
      expect((await of('Log1p')).slice(4)).toEqual([Infinity, Number.NaN]);
      expect(await of('Expm1')).toEqual([-1, -1, 0, Infinity, Infinity, Number.NaN]);
    });

    const two = ['Add', 'Sub', 'Mul', 'Div', 'Max', 'Min', 'Equal', 'Greater', 'Less', 'GreaterOrEqual', 'LessOrEqual'] as const; // biome-ignore format: a list
    test.each(two)('%s of all pairs of numbers', async (op) => {
      const a = special.flatMap((x) => special.map(() => x));
      const b = special.flatMap(() => special);
      const y = await computed((builder, a, b) => builder.graph.node(op as Binary, [a, b], {}, a.shape, 'float32'), a, b); // biome-ignore format: one thought
      for (const [i, value] of y.entries()) {
        const expected = shown(binaryFunctions[op](flushed(a[i]), flushed(b[i])));
        expect(shown(value), `${op}(${a[i]}, ${b[i]})`).toBe(expected);
      }
    });

    /** All pairs of special numbers, and some that are none. */
    const pairs = () => {
      const random = stream('pairs', 1);
      const some = Array.from({ length: 2000 }, (): [number, number] => {
        const base = Math.exp((random.uniform() - 0.5) * 170);
        return [base, ((random.uniform() * 2 - 1) * 87) / Math.log(base)];
      });
      const near = Array.from({ length: 1000 }, (): [number, number] => [
        1 + (random.uniform() - 0.5) * 10 ** (-6 * random.uniform()),
        (random.uniform() - 0.5) * 10 ** (7 * random.uniform()),
      ]);
      const whole = Array.from({ length: 500 }, (): [number, number] => [
        (random.uniform() - 0.5) * 6,
        Math.round((random.uniform() - 0.5) * 40),
      ]);
      const all = [...special.flatMap((x) => special.map((y): [number, number] => [x, y])), ...some, ...near, ...whole]; // biome-ignore format: one thought
      return [0, 1].map((i) => all.map((pair) => flushed(pair[i])));
    };

    test('powers are right to 2 units in the last place, remainders to the last bit', async () => {
      const [a, b] = pairs();
      for (const op of ['Pow', 'Mod'] as const) {
        const y = await computed((builder, a, b) => builder.graph.node(op, [a, b], {}, a.shape, 'float32'), a, b); // biome-ignore format: one thought
        for (const [i, value] of y.entries()) {
          const expected = binaryFunctions[op](a[i], b[i]);
          const told = `${op}(${a[i]}, ${b[i]})`;
          const same = Object.is(shown(value), shown(expected));
          if (op === 'Pow' && Number.isFinite(Math.fround(expected)) && !same)
            expect(apart(value, expected), told).toBeLessThanOrEqual(2); // biome-ignore format: one thought
          else expect(shown(value), told).toBe(shown(expected));
        }
      }
    });

    test('logic, and a choice', async () => {
      const a = [0, 0, 1, 1];
      const b = [0, 1, 0, 1];
      const logic = (op: Binary) => computed((builder, a, b) => builder.graph.node(op, [a, b], {}, a.shape, 'float32'), a, b); // biome-ignore format: one thought
      expect(await logic('And')).toEqual([0, 0, 0, 1]);
      expect(await logic('Or')).toEqual([0, 1, 1, 1]);
      expect(await logic('Xor')).toEqual([0, 1, 1, 0]);
      const where = (b: Builder, ...x: Node[]) => b.graph.node('Where', x, {}, [4], 'float32');
      expect(await computed(where, a, [1, 2, 3, Number.NaN], [5, 6, Number.NaN, 8])).toEqual([
        5,
        6,
        3,
        Number.NaN,
      ]);
    });

    test('sums and extremes, numbers that are none among them', async () => {
      const x = Array.from({ length: 77 }, (_, i) => ((i * 37) % 77) - 38);
      const reduce = (op: 'ReduceSum' | 'ReduceMax' | 'ReduceMin', list: number[]) =>
        computed((b, x) => b.reduce(op, x, [0]), list);
      expect(await reduce('ReduceSum', x)).toEqual([0]);
      expect(await reduce('ReduceMax', x)).toEqual([38]);
      expect(await reduce('ReduceMin', x)).toEqual([-38]);
      for (const at of [0, 16, 40, 76]) {
        const broken = x.map((value, i) => (i === at ? Number.NaN : value));
        for (const op of ['ReduceSum', 'ReduceMax', 'ReduceMin'] as const)
          expect(await reduce(op, broken)).toEqual([Number.NaN]);
      }
    });
  },
);

test('every operation of numbers is known', () => {
  const names = [...Object.keys(unaryFunctions), ...Object.keys(binaryFunctions)];
  expect(names.filter((name) => !(name in entrywise))).toEqual([]);
});

test('every operation that is not known is refused', () => {
  const b = new Builder();
  const x = b.input('x', [3], 'float32');
  const place = b.graph.node('ArgMax', [x], { axis: 0 }, [], 'int32');
  expect(() => nativeCode({ x }, { y: place })).toThrow(Unsupported);
  const whole = b.input('n', [3], 'int32');
  expect(() => nativeCode({ n: whole }, { y: b.unary('Neg', whole) })).toThrow(Unsupported);
});
