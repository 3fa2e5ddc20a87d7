/** @file Patterns drawn from the unit circle: the toy on which memories become a manifold (Pham et al. 2025). */
import { stream } from '../../src/random.ts';

/** [count, 2], each uniform on the circle; the first n are the same whatever number is asked for. */
export function circlePoints(count: number, seed: number, name = 'patterns'): Float32Array {
  const random = stream(seed, 'circle', name);
  const points = new Float32Array(2 * count);
  for (let n = 0; n < count; n++) {
    const angle = 2 * Math.PI * random.uniform();
    points.set([Math.cos(angle), Math.sin(angle)], 2 * n);
  }
  return points;
}
