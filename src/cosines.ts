/** @file The cosine transform of images (Ahmed, Natarajan and Rao 1974), as a basis. */

/** The `count` lowest frequencies of the orthonormal cosine transform (DCT-II) of images, [count, height wide]. */
export function cosines(height: number, wide: number, count: number): number[] {
  const wave = (length: number, frequency: number) => {
    const scale = Math.sqrt((frequency === 0 ? 1 : 2) / length);
    return Array.from({ length }, (_, i) => scale * Math.cos((Math.PI * frequency * (i + 0.5)) / length));
  };
  const frequencies = Array.from({ length: height * wide }, (_, i) => [Math.floor(i / wide), i % wide]);
  frequencies.sort(([a, b], [c, d]) => a * a + b * b - (c * c + d * d) || a - c);
  return frequencies.slice(0, count).flatMap(([vertical, horizontal]) => {
    const row = wave(wide, horizontal);
    return wave(height, vertical).flatMap((v) => row.map((w) => v * w));
  });
}
