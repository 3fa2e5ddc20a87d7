/** @file The unit in which a task counts errors, known without its data. */
import type { Config } from '../meta/config.ts';

export function unitOf(task: Config['task']): 'bits' | 'squared error' {
  if (task.name === 'files') return task.values === 'bits' ? 'bits' : 'squared error';
  if (task.name === 'custom') return task.unit ?? 'squared error';
  return task.name === 'binary' || task.name === 'omniglot' ? 'bits' : 'squared error';
}
