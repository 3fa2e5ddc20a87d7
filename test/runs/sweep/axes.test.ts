import { expect, test } from 'vitest';
import { parseGrid, parseRange } from '../../../runs/sweep/axes.ts';
import { stream } from '../../../src/random.ts';

const draws = (text: string, count = 4000) => {
  const random = stream('ranges');
  const { key, draw } = parseRange(text);
  return { key, values: Array.from({ length: count }, () => draw(random) as number) };
};

test('values of a grid are JSON or text; commas within lists, objects and quotes do not part them', () => {
  expect(parseGrid('network.width=8,16')).toEqual({ key: 'network.width', values: [8, 16] });
  expect(parseGrid('known=true,false').values).toEqual([true, false]);
  expect(parseGrid('corruption=resample:64, flip:8').values).toEqual(['resample:64', 'flip:8']);
  expect(parseGrid('training.patterns=[16,32],64').values).toEqual([[16, 32], 64]);
  expect(parseGrid('network={"name":"mlp","hidden":[8,8]},{"name":"mlp"}').values).toEqual([
    { name: 'mlp', hidden: [8, 8] },
    { name: 'mlp' },
  ]);
  expect(parseGrid('a="x,\\"y",z').values).toEqual(['x,"y', 'z']);
});

test('a linear range is drawn evenly, a logarithmic one evenly in its logarithm', () => {
  const linear = draws('a=0.5:1.5');
  expect(linear.key).toBe('a');
  expect(Math.min(...linear.values)).toBeGreaterThanOrEqual(0.5);
  expect(Math.max(...linear.values)).toBeLessThanOrEqual(1.5);
  // Within four standard errors of one half.
  const below = linear.values.filter((v) => v < 1).length / 4000;
  expect(Math.abs(below - 0.5)).toBeLessThan(4 * Math.sqrt(0.25 / 4000));
  const log = draws('a=0.001:0.1:log').values;
  const small = log.filter((v) => v < 0.01).length / 4000;
  expect(Math.abs(small - 0.5)).toBeLessThan(4 * Math.sqrt(0.25 / 4000));
  expect(log.every((v) => String(v).length < 14)).toBe(true);
});

test('whole ends give whole numbers, every one of them, the ends as often as the others', () => {
  const { values } = draws('a=2:5');
  expect([...new Set(values)].sort()).toEqual([2, 3, 4, 5]);
  for (const n of [2, 3, 4, 5]) {
    const share = values.filter((v) => v === n).length / 4000;
    expect(Math.abs(share - 0.25)).toBeLessThan(4 * Math.sqrt(0.1875 / 4000));
  }
  expect(Math.min(...draws('a=1:64:log').values)).toBe(1);
});

test('one of some values is drawn', () => {
  expect([...new Set(draws('a=4,8,16').values)].sort((a, b) => a - b)).toEqual([4, 8, 16]);
});

test.each(['', 'a', 'a=', '=3', 'a=1,,2', 'a=1,'])('--grid "%s" is refused', (text) => {
  expect(() => parseGrid(text)).toThrow(/--grid .*expected key=value/);
});

test.each([
  ['a', /expected key=low:high/],
  ['a=1', /expected key=low:high/],
  ['a=1:2:log:3', /expected key=low:high/],
  ['a=1:2:lag', /"lag" is neither/],
  ['a=2:1', /low end below/],
  ['a=1:1', /low end below/],
  ['a=0:1:log', /above 0/],
  ['a=-1:1:log', /above 0/],
  ['a=x:1', /two numbers/],
  ['a=:1', /two numbers/],
  ['a=1:Infinity', /two numbers/],
])('--range %s is refused', (text, why) => {
  expect(() => parseRange(text)).toThrow(why);
});
