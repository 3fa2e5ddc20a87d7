/** @file Patterns of the command line (`--task PATH`) as the task of a trained memory. */
import { resolve } from 'node:path';
import { taskOf } from '../meta/stored-task.ts';
import { InputError } from '../src/errors.ts';
import { isModulePath } from '../src/modules/source.ts';
import { taskOfPath } from '../tasks/files/locate.ts';
import { isUsual } from '../tasks/files/survey.ts';
import {
  type Corruption,
  type DataSource,
  loadCorruption,
  loadTask,
  type Split,
  type Task,
  type TaskConfig,
} from '../tasks/index.ts';
import { corruptionFrom } from './data-options.ts';
import { changedData } from './provenance.ts';
import type { LoadedRun } from './run-folder.ts';

/**
 * What a module exports; all patterns of a file, or of a folder without splits, as one split; those of a folder with splits as they are; where
 * the run was trained on the very file, its own splits.
 * @param resize pictures are brought to the size of the memory's patterns
 * @throws InputError where there is no such file
 */
export function otherTask(
  { config, model }: Pick<LoadedRun, 'config' | 'model'>,
  path: string,
  split: Split,
  source: DataSource,
  resize = false,
): TaskConfig {
  if (isModulePath(path)) return { name: 'custom', file: path, shape: model.patternShape };
  const { name, ...files } = taskOfPath(path, source);
  const own = config.task;
  if (own.name === 'files' && own.train?.join() === files.train?.map((file) => resolve(file)).join()) {
    return own;
  }
  const { train, validation, test } = files;
  const given = validation || test ? { train, validation, test } : { [split]: train };
  const shape = model.patternShape;
  const [height, width, channels] = shape;
  const image = shape.length === 3 && (channels === 1 || channels === 3);
  if (resize && !image)
    throw new InputError(`--resize: needs a memory of pictures, but its patterns are [${shape.join(', ')}]`);
  const size = own.name === 'files' ? own.size : undefined;
  // Of numbers that are usual, what they mean is seen in them; others mean what they did in training.
  const range = own.name === 'files' && own.range && !isUsual(own.range) ? own.range : undefined;
  return {
    name,
    ...given,
    shape,
    ...(image ? { colour: channels === 1 ? 'grey' : 'rgb' } : {}),
    ...(image && (resize || size) ? { size: [height, width] } : {}),
    ...(range ? { range } : {}),
  };
}

/**
 * What a run is measured on: the task, as configured and loaded, and the corruption of the command line, where given, else its own.
 * @param tell told where the run's own files are others than those it was trained on
 */
export async function measuredOn(
  run: LoadedRun,
  { task: path, corruption: spec, resize }: { task?: string; corruption?: string; resize?: boolean },
  split: Split,
  source: DataSource,
  tell: (line: string) => void,
): Promise<{ task: Task; asked: TaskConfig; corruption: Corruption }> {
  const { config } = run;
  const asked = path ? otherTask(run, path, split, source, resize) : config.task;
  const task = taskOf(config, await loadTask(asked, source));
  if (asked === config.task) for (const line of await changedData(run.folder, config, source)) tell(line);
  const wanted = spec ? corruptionFrom(spec) : (config.corruption ?? task.corruption);
  return { task, asked, corruption: await loadCorruption(wanted, task) };
}
