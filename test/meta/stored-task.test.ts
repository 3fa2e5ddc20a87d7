import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../meta/config.ts';
import { taskOf } from '../../meta/stored-task.ts';
import { InputError } from '../../src/errors.ts';
import { binaryTask } from '../../tasks/binary.ts';

const config = (network: string, patterns: unknown) =>
  parseConfig(
    { task: { name: 'binary', dimension: 8 }, network: { name: network }, training: { patterns }, seed: 4 },
    'test',
  );
const task = binaryTask({ dimension: 8 });

describe('taskOf', () => {
  it('of a diffusion model has the patterns that were stored, whatever is asked for', () => {
    const stored = taskOf(config('score-mlp', 5), task);
    const expected = task.patterns('train', 4, 0, 5);
    expect(stored.patterns('test', 1, 3, 5)).toEqual(expected);
    expect(stored.patterns('train', 9, 0, 2)).toEqual(expected.slice(0, 16));
    expect(() => stored.patterns('test', 1, 0, 6)).toThrow(InputError);
  });

  it('of any other memory is the task itself', () => {
    expect(taskOf(config('mlp', [5, 6]), task)).toBe(task);
  });

  it('refuses a list of loads for a diffusion model', () => {
    expect(() => taskOf(config('score-mlp', [5, 6]), task)).toThrow('expected one number');
  });
});
