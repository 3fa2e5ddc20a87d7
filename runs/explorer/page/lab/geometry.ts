/** @file A plane through three points of the space of patterns, and where other points lie over it. */

/** The points a + u e1 + v e2, with e1 and e2 orthonormal and pointing to the second and third point. */
export interface Plane {
  origin: Float32Array;
  e1: Float64Array;
  e2: Float64Array;
  /** The three points' own coordinates, as [u, v]. */
  corners: readonly [[number, number], [number, number], [number, number]];
}

/** Shares of a length below which two directions count as one: float32 has no more digits. */
const FLAT = 1e-5;

/** The plane through three points [d] (Gram-Schmidt), or undefined where they lie on one line. */
export function planeThrough(a: Float32Array, b: Float32Array, c: Float32Array): Plane | undefined {
  const toB = minus(b, a);
  const toC = minus(c, a);
  const along = length(toB);
  const size = Math.max(along, length(toC));
  if (!(along > FLAT * size)) return undefined;
  const e1 = toB.map((x) => x / along);
  const u = dot(toC, e1);
  const rest = toC.map((x, i) => x - u * e1[i]);
  const v = length(rest);
  if (!(v > FLAT * size)) return undefined;
  const e2 = rest.map((x) => x / v);
  return {
    origin: a,
    e1,
    e2,
    corners: [
      [0, 0],
      [along, 0],
      [u, v],
    ],
  };
}

/** Where the point nearest to x lies in the plane, and how far x is from it. */
export function project(plane: Plane, x: Float32Array): { u: number; v: number; distance: number } {
  const from = minus(x, plane.origin);
  const u = dot(from, plane.e1);
  const v = dot(from, plane.e2);
  const distance = Math.sqrt(Math.max(0, dot(from, from) - u * u - v * v));
  return { u, v, distance };
}

/** Writes the point (u, v) of the plane into out [d]. */
export function pointAt({ origin, e1, e2 }: Plane, u: number, v: number, out: Float32Array): void {
  for (let i = 0; i < out.length; i++) out[i] = origin[i] + u * e1[i] + v * e2[i];
}

/** A part of the plane, its sides in the space's own unit. */
export interface Frame {
  u: number;
  v: number;
  width: number;
  height: number;
}

/** The smallest frame of this shape (width by height) that holds all points with a margin (a share of its size) around. */
export function frameAround(
  points: readonly (readonly [number, number])[],
  aspect: number,
  margin = 0.28,
): Frame {
  const us = points.map(([u]) => u);
  const vs = points.map(([, v]) => v);
  const [left, right, top, bottom] = [Math.min(...us), Math.max(...us), Math.min(...vs), Math.max(...vs)];
  const wide = Math.max(right - left, (bottom - top) * aspect, 1e-6) * (1 + 2 * margin);
  const width = wide;
  const height = wide / aspect;
  return { u: (left + right - width) / 2, v: (top + bottom - height) / 2, width, height };
}

const minus = (a: Float32Array, b: Float32Array) => Float64Array.from(a, (x, i) => x - b[i]);
const length = (a: Float64Array) => Math.sqrt(dot(a, a));

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}
