/** @file The unit in which a task counts errors, known without its data. */
import type { Config } from '../meta/config.ts';

export const unitOf = (task: Config['task']['name']): 'bits' | 'squared error' =>
  task === 'binary' || task === 'omniglot' ? 'bits' : 'squared error';
