import { expect, test } from 'vitest';
import {
  frameAround,
  planeThrough,
  pointAt,
  project,
} from '../../../../../runs/explorer/page/lab/geometry.ts';
import { stream } from '../../../../../src/random.ts';

const random = stream(2, 'geometry');
const point = () => Float32Array.from({ length: 50 }, () => random.normal());
const [a, b, c] = [point(), point(), point()];
const plane = planeThrough(a, b, c)!;

test('the plane has its three points, and orthonormal directions', () => {
  const dot = (p: Float64Array, q: Float64Array) => p.reduce((sum, v, i) => sum + v * q[i], 0);
  expect(dot(plane.e1, plane.e1)).toBeCloseTo(1, 10);
  expect(dot(plane.e2, plane.e2)).toBeCloseTo(1, 10);
  expect(dot(plane.e1, plane.e2)).toBeCloseTo(0, 10);
  for (const [n, x] of [a, b, c].entries()) {
    const { u, v, distance } = project(plane, x);
    expect([u, v]).toEqual([expect.closeTo(plane.corners[n][0], 5), expect.closeTo(plane.corners[n][1], 5)]);
    expect(distance).toBeLessThan(1e-3);
  }
});

test('a point beside the plane lies over its foot', () => {
  const foot = new Float32Array(50);
  pointAt(plane, 0.7, -1.2, foot);
  const off = point();
  const { u, v, distance } = project(plane, off);
  pointAt(plane, u, v, foot);
  const gap = Math.hypot(...off.map((x, i) => x - foot[i]));
  expect(distance).toBeCloseTo(gap, 4);
  // No other point of the plane is nearer.
  pointAt(plane, u + 0.1, v - 0.1, foot);
  expect(Math.hypot(...off.map((x, i) => x - foot[i]))).toBeGreaterThan(distance);
});

test('points on one line have no plane', () => {
  expect(planeThrough(a, a, b)).toBeUndefined();
  expect(planeThrough(a, b, b)).toBeUndefined();
  expect(
    planeThrough(
      a,
      b,
      a.map((x, i) => x + 3 * (b[i] - x)),
    ),
  ).toBeUndefined();
});

test('a frame has its shape and all points within its margin', () => {
  const points = [[0, 0], [3, 1], [-1, 4]] as const; // biome-ignore format: a list
  for (const aspect of [0.5, 1.25, 4]) {
    const { u, v, width, height } = frameAround(points, aspect, 0.2);
    expect(width / height).toBeCloseTo(aspect, 10);
    for (const [x, y] of points) {
      expect(Math.min(x - u, u + width - x)).toBeGreaterThanOrEqual((0.2 / 1.4) * width * 0.999);
      expect(y).toBeGreaterThan(v);
      expect(y).toBeLessThan(v + height);
    }
  }
  const { width } = frameAround([[2, 2]], 1);
  expect(width).toBeGreaterThan(0);
});
