/** @file A run small enough for a test. */

/** A run that trains in a fraction of a second. */
export const tiny = {
  task: { name: 'binary', dimension: 16 },
  corruption: 'resample:4',
  network: { name: 'hopfield-site', width: 4 },
  write: { steps: 2 },
  read: { steps: 2 },
  training: { steps: 4, episodes: 2, patterns: [2, 3], log_every: 1, save_every: 2, warmup: 0 },
};
