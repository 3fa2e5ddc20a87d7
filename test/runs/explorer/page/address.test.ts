import { expect, test } from 'vitest';
import { fromAddress, type Shared, toAddress } from '../../../../runs/explorer/page/address.ts';
import { stream } from '../../../../src/random.ts';

const plain: Shared = {
  memory: 'binary-64',
  source: 'bits',
  seed: 3,
  count: 16,
  selected: 2,
  useKnown: true,
};
const random = stream(1, 'address');
const values = (n: number, of: readonly number[]) =>
  Float32Array.from({ length: n }, () => of[random.integer(of.length)]);

const states: [string, Shared][] = [
  ['the least there is to say', plain],
  ['nothing known', { ...plain, useKnown: false }],
  ['a step', { ...plain, step: 0 }],
  ['a plane and basins', { ...plain, plane: ['query', 'end', '3'], basins: true }],
  ['a spoilt query', { ...plain, query: { values: values(128, [0, 0.5, 1]), known: values(128, [0, 1]) } }],
  [
    'patterns of one’s own',
    { ...plain, source: 'own', seed: 0, own: { rows: 8, columns: 16, values: values(16 * 128, [0, 1]) } },
  ],
];

test.each(states)('%s: the address brings back what was shared', (_, state) => {
  const address = toAddress(state);
  expect(address).toMatch(/^#[\w.=&-]+$/);
  expect(fromAddress(address)).toEqual(state);
});

test('a memory may have any name', () => {
  const state = { ...plain, memory: 'mine & yours=#ü' };
  expect(fromAddress(toAddress(state))).toEqual(state);
});

test.each([
  '',
  '#',
  '#m=x',
  '#m=x&s=bits',
  '#m=x&s=bits.1.0&i=0',
  '#m=x&s=bits.-1.4&i=0',
  '#m=x&s=bits.1.4&i=one',
  '#m=x&s=elsewhere.1.4&i=0',
  '#m=x&s=own.0.4&i=0',
  '#m=x&s=own.0.4&i=0&o=8.16.!',
  // Says more patterns than it has bits for: nothing of that size is made.
  `#m=x&s=own.0.512&i=0&o=999.999.${toAddress(states.at(-1)![1]).split('.').at(-1)}`,
])('what cannot be understood says nothing: %s', (address) => {
  expect(fromAddress(address)).toBeUndefined();
});

test('numbers are held to what there can be; a query that is damaged is left out', () => {
  const found = fromAddress('#m=x&s=bits.1.99999&i=70000&q=notdeflated');
  expect(found).toMatchObject({ count: 512, selected: 511 });
  expect(found?.query).toBeUndefined();
});
