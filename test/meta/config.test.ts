import { expect, test } from 'vitest';
import { parseConfig } from '../../meta/config.ts';
import { configure, parseChange, presetNames } from '../../runs/presets.ts';
import { nearest } from '../../src/nearest.ts';

const least = { task: { name: 'binary' }, network: { name: 'mlp' } };

test('all but the task and the network has a default', () => {
  const config = parseConfig(least, 'here');
  expect(config.task).toEqual({ name: 'binary', dimension: 128 });
  expect(config.read.steps).toBe(5);
  expect(config.network).toMatchObject({ hidden: [256, 256], activation: 'tanh', writable: 'all' });
});

test('a complete configuration is its own completion', () => {
  const config = parseConfig(least, 'here');
  expect(parseConfig(JSON.parse(JSON.stringify(config)), 'there')).toEqual(config);
});

test('every preset is valid', async () => {
  for (const name of await presetNames()) await expect(configure(name, [])).resolves.toBeDefined();
});

test.each([
  [{ ...least, sed: 1 }, 'unknown key "sed"; did you mean "seed"?'],
  [{ ...least, write: { stpes: 1 } }, 'unknown key "write.stpes"; did you mean "steps"?'],
  [{ ...least, zzz: 1 }, 'unknown key "zzz"'],
  [{ ...least, read: { momentum: 1 } }, 'read.momentum is 1'],
  [{ ...least, training: { patterns: [] } }, 'training.patterns'],
  [{ network: least.network }, 'task'],
  [{ ...least, task: { name: 'cifra' } }, 'task.name is "cifra", expected one of binary, omniglot'],
])('%j is refused by its key', (value, message) => {
  expect(() => parseConfig(value, 'here')).toThrow(`here: ${message}`);
});

test('changes are JSON where they can be, else text', () => {
  expect(parseChange('training.patterns=[1,2]')).toEqual(['training.patterns', [1, 2]]);
  expect(parseChange('corruption=flip:3')).toEqual(['corruption', 'flip:3']);
});

test('only near words are suggested', () => {
  expect(nearest('demp', ['demo', 'binary'])).toBe('demo');
  expect(nearest('imagenet', ['demo', 'binary'])).toBeUndefined();
});
