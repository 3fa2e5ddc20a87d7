/** @file Elementary functions on every engine, in units in the last place; `npm run accuracy` tries many more numbers. */
import { describe, expect, test } from 'vitest';
import { TWO_OVER_PI } from '../../src/compile/emit/entrywise/angles.ts';
import { unaryFunctions } from '../../src/compile/graph/scalar.ts';
import { compiledEngines } from '../src/compile/engines.ts';
import { BOUND, elementary, erf, exceptions, unitsOff, worst } from './accuracy.ts';

describe.each(compiledEngines())('%s', (target, engine) => {
  test.each(Object.keys(elementary))(
    '%s is good to 2 units in the last place over all numbers',
    async (name) => {
      const { bound = BOUND, from } = exceptions[target]?.[name] ?? {};
      const { units, at, given } = await worst(engine, name, 3000, from);
      expect(units, `${name}(${at}) is ${given}`).toBeLessThanOrEqual(bound);
    },
  );

  test('angles next to multiples of a quarter turn, where all digits of the multiple count', async () => {
    // The float32 numbers that are closest to one, by continued fractions of pi / 2; and the largest.
    const x = Float32Array.of(
      16367173 * 2 ** 72,
      11153523 * 2 ** 58,
      5.4e14,
      16709279,
      1e22,
      3.4028234e38,
      1e9,
      1048577,
    );
    for (const name of ['sin', 'cos', 'tan'] as const) {
      const { f, truth } = elementary[name];
      const program = await engine.compile(({ x }) => ({ y: f(x) }), { x: { shape: [x.length] } });
      const { y } = await program.run({ x });
      for (const [i, at] of x.entries())
        expect(unitsOff(y[i], truth(at)), `${name}(${at})`).toBeLessThanOrEqual(BOUND);
    }
  });
});

/** arctan(1 / n) in units of 2^-bits. */
function arctan(n: bigint, bits: bigint): bigint {
  let [sum, power] = [0n, (1n << bits) / n];
  for (let k = 1n; power !== 0n; k += 2n) {
    sum += (k % 4n === 1n ? power : -power) / k;
    power /= n * n;
  }
  return sum;
}

test('2 over pi in pieces is 2 over pi (Machin)', () => {
  const bits = 400n;
  const pi = 4n * (4n * arctan(5n, bits) - arctan(239n, bits));
  const wanted = (2n << (2n * bits)) / pi;
  // Pieces are whole in units of 2^-198.
  const given = TWO_OVER_PI.reduce((sum, piece) => sum + BigInt(piece * 2 ** 198), 0n);
  expect(given).toBe(wanted >> (bits - 198n));
  for (const [i, piece] of TWO_OVER_PI.slice(0, -1).entries())
    expect(Number.isInteger(piece * 2 ** (29 * (i + 1)))).toBe(true);
});

test('constants are folded with the same functions', () => {
  for (const x of [-5, -2.2, -0.93, -0.3, 1e-9, 0.5, 1.5, 3, 6]) {
    expect(Math.abs(unaryFunctions.Erf(x) - erf(x))).toBeLessThan(1e-14);
  }
  expect(erf(1)).toBeCloseTo(0.8427007929497149, 14);
});
