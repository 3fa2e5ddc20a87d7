import { describe, expect, test } from 'vitest';
import { operations } from '../../../../src/autodiff/index.ts';
import { kernels } from '../../../../src/compile/trace/kernels.ts';
import { type Case, expectAgreement, kernelsOf } from '../agreement.ts';
import { binary, unary } from '../cases/entrywise.ts';
import { products } from '../cases/products.ts';
import { shaping } from '../cases/shaping.ts';
import { spatial } from '../cases/spatial.ts';

const cases: Record<string, Case[]> = { ...unary, ...binary, ...products, ...shaping, ...spatial };

test('every kernel of the compiler has cases, and all cases are of its kernels', () => {
  expect(Object.keys(cases).sort()).toEqual(Object.keys(kernels).sort());
});

test('every operation that may stand in an energy can be compiled', () => {
  expect(Object.keys(operations).filter((name) => !Object.hasOwn(kernels, name))).toEqual([]);
});

const described = ({ on }: Case) =>
  on.map(({ shape, dtype }) => `${dtype} [${shape}]`).join(', ') || 'nothing';

describe.each(Object.entries(cases))('the compiled %s agrees with that of tfjs', (name, list) => {
  test('and is what the cases run', async () => {
    for (const one of list) expect(await kernelsOf(one), described(one)).toContain(name);
  });

  test.each(list.map((one, i) => [`${i}: ${described(one)}`, one] as const))('%s', async (_, one) => {
    await expectAgreement(one);
  });
});
