/** @file Fewer points than pixels: long series cut into buckets of equal length. Gaps (not a number) survive. */

export interface Point {
  x: number;
  y: number;
}

/** Buckets of this many points and more leave out their extremes: see `envelope`. */
export const CROWD = 20;

/**
 * At most 2 * buckets points: the least and the greatest of each bucket, in their order. Of a bucket of CROWD points or
 * more, its 5th and 95th percentile: the more points, the further out their extremes lie, and the less these say.
 */
export function envelope(points: Point[], buckets: number): Point[] {
  if (points.length <= 2 * buckets) return points;
  return inBuckets(points, buckets, (from, to) => {
    const numbers = points.slice(from, to).filter(({ y }) => !Number.isNaN(y));
    if (numbers.length === 0) return [points[from]];
    const sorted = Float64Array.from(numbers, ({ y }) => y).sort();
    const cut = sorted.length < CROWD ? 0 : Math.round(sorted.length / 20);
    const low = numbers.findIndex(({ y }) => y === sorted[cut]);
    const high = numbers.findIndex(({ y }) => y === sorted[sorted.length - 1 - cut]);
    return low === high ? [numbers[low]] : [numbers[Math.min(low, high)], numbers[Math.max(low, high)]];
  });
}

/** At most `buckets` points, each the mean of its bucket's numbers: what a noisy series does on the whole. */
export function means(points: Point[], buckets: number): Point[] {
  if (points.length <= buckets) return points;
  return inBuckets(points, buckets, (from, to) => {
    let x = 0;
    let y = 0;
    let n = 0;
    for (let i = from; i < to; i++) {
      x += points[i].x;
      if (Number.isNaN(points[i].y)) continue;
      y += points[i].y;
      n++;
    }
    return [{ x: x / (to - from), y: n > 0 ? y / n : Number.NaN }];
  });
}

/** At most buckets + 1 points: the first of each bucket that is a number, and the very last point. For series that are smooth. */
export function every(points: Point[], buckets: number): Point[] {
  if (points.length <= buckets) return points;
  const kept = inBuckets(points, buckets, (from, to) => {
    for (let i = from; i < to; i++) if (!Number.isNaN(points[i].y)) return [points[i]];
    return [points[from]];
  });
  if (kept.at(-1) !== points.at(-1)) kept.push(points.at(-1)!);
  return kept;
}

function inBuckets(points: Point[], buckets: number, take: (from: number, to: number) => Point[]): Point[] {
  const out: Point[] = [];
  for (let b = 0; b < buckets; b++) {
    const from = Math.floor((b * points.length) / buckets);
    const to = Math.floor(((b + 1) * points.length) / buckets);
    for (const point of take(from, to)) out.push(point);
  }
  return out;
}
