import { expect, test } from 'vitest';
import { parseConfig } from '../../meta/config.ts';
import { checkSize } from '../../meta/size.ts';

const config = parseConfig(
  { task: { name: 'binary' }, network: { name: 'mlp' }, training: { episodes: 4, patterns: [2, 8] } },
  'here',
);
const network = (side: number, writable: boolean, d = 8) => ({
  patternShape: [d],
  parameters: { w: { shape: [side, side], init: { constant: 0 }, writable } },
});

test('a writable parameter counts once for every episode', () => {
  expect(() => checkSize(config, network(2 ** 14, false), 'n')).not.toThrow();
  expect(() => checkSize(config, network(2 ** 13, true), 'n')).not.toThrow();
  expect(() => checkSize(config, network(2 ** 13 + 1, true), 'n')).toThrow(
    /network "n": parameter "w" of 4 episodes would have shape \[4,8193,8193\]/,
  );
});

test('a batch is measured at its largest load', () => {
  expect(() => checkSize(config, network(2, true, 2 ** 23), 'n')).not.toThrow();
  expect(() => checkSize(config, network(2, true, 2 ** 23 + 1), 'n')).toThrow(/batch .* \[4,8,8388609\]/);
});
