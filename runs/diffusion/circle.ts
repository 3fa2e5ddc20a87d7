/** @file Patterns drawn from the unit circle: the toy on which memories become a manifold (Pham et al. 2025). */
import { stream } from '../../src/random.ts';
import type { Task } from '../../tasks/index.ts';

/** [count, 2], each uniform on the circle; the first n are the same whatever number is asked for. */
export function circlePoints(count: number, seed: number, ...name: (string | number)[]): Float32Array {
  const random = stream(seed, 'circle', ...name);
  const points = new Float32Array(2 * count);
  for (let n = 0; n < count; n++) {
    const angle = 2 * Math.PI * random.uniform();
    points.set([Math.cos(angle), Math.sin(angle)], 2 * n);
  }
  return points;
}

/** The circle as a task: its values lie in [0, 1], so its radius is 1/2. */
export function circleTask(): Task {
  return {
    name: 'circle',
    patternShape: [2],
    unit: 'squared error',
    bitsPerValue: 32,
    corruption: 'gaussian:0.1',
    patterns: (split, seed, index, patterns) =>
      circlePoints(patterns, seed, split, index).map((value) => (value + 1) / 2),
  };
}
