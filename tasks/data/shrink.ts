/** @file Shrinks a square image by area averaging: every new pixel is the mean of the area it covers. */

/** [from, from] -> [to, to], to <= from; a pixel cut by a border counts with the share of it that lies inside. */
export function shrink(image: ArrayLike<number>, from: number, to: number): Float64Array {
  const weights = overlaps(from, to);
  // the mean over a rectangle is separable: first along x, then along y
  const narrow = new Float64Array(from * to);
  for (let y = 0; y < from; y++) {
    for (let x = 0; x < to; x++) {
      for (const [source, weight] of weights[x]) narrow[y * to + x] += weight * image[y * from + source];
    }
  }
  const small = new Float64Array(to * to);
  for (let y = 0; y < to; y++) {
    for (const [source, weight] of weights[y]) {
      for (let x = 0; x < to; x++) small[y * to + x] += weight * narrow[source * to + x];
    }
  }
  return small;
}

/** For each new pixel, the old pixels it covers and their shares, which sum to 1. */
function overlaps(from: number, to: number): [source: number, weight: number][][] {
  const scale = from / to;
  return Array.from({ length: to }, (_, i) => {
    const [low, high] = [i * scale, (i + 1) * scale];
    const shares: [number, number][] = [];
    for (let source = Math.floor(low); source < Math.min(from, Math.ceil(high)); source++) {
      shares.push([source, (Math.min(high, source + 1) - Math.max(low, source)) / scale]);
    }
    return shares;
  });
}
