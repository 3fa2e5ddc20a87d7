import { expect, test } from 'vitest';
import { InputError } from '../../src/errors.ts';
import { loadTask, parseCorruption, type TaskConfig, taskNames, taskSchemas } from '../../tasks/index.ts';

const nowhere = { cache: '/nonexistent', directory: '/nonexistent' };

test('a name is enough: the schema fills in the defaults', () => {
  expect(taskSchemas.parse({ name: 'binary' })).toEqual({ name: 'binary', dimension: 128 });
  expect(taskSchemas.parse({ name: 'omniglot' })).toEqual({
    name: 'omniglot',
    archives: ['images_background_small1', 'images_background_small2'],
    validation: ['Balinese'],
    augment: false,
  });
  expect(taskNames).toEqual(['binary', 'omniglot', 'mnist', 'cifar10', 'files', 'custom']);
});

test('a loaded task has a default corruption that suits it', async () => {
  const task = await loadTask({ name: 'binary', dimension: 33 }, nowhere);
  expect(task.patternShape).toEqual([33]);
  expect(parseCorruption(task.corruption, task).spec).toBe('resample:16');
});

test.each<[object, RegExp]>([
  [{ name: 'binary', dimension: 0 }, /^task\.dimension: .*1/],
  [{ name: 'binary', dimension: 1.5 }, /^task\.dimension: /],
  [{ name: 'binary', dimensions: 3 }, /dimensions/],
  [{ name: 'imagenet' }, /^task\.name: /],
  [{ name: 'mnist', digits: 3 }, /^task: .*digits/],
  [{ name: 'cifar10' }, /data directory \/nonexistent is not an existing folder/],
  [{}, /^task\.name: /],
  [{ name: 'omniglot', archives: [] }, /^task\.archives: /],
  [{ name: 'omniglot', archives: ['small1'] }, /^task\.archives\.0: .*images_background_small1/],
  [{ name: 'omniglot', held_out: 'Greek' }, /^task\.held_out: /],
  [{ name: 'omniglot' }, /data directory \/nonexistent is not an existing folder/],
])('%o is refused in one line', async (config, message) => {
  const loading = loadTask(config as TaskConfig, nowhere);
  await expect(loading).rejects.toThrow(InputError);
  await expect(loading).rejects.toThrow(message);
  await expect(loading).rejects.toThrow(/^[^\n]+$/);
});
