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

/** Grey, then what the eye calls red against blue and green against both: an orthonormal basis of three channels. */
const OPPONENTS = [
  [1, 1, 1].map((c) => c / Math.sqrt(3)),
  [1, 0, -1].map((c) => c / Math.sqrt(2)),
  [1, -2, 1].map((c) => c / Math.sqrt(6)),
];

/**
 * `count` orthonormal vectors for images of several channels, [count, height wide channels]. Of three channels the grey
 * takes three fifths of them and each colour difference a fifth, as pictures vary most in brightness; of any other number
 * every channel takes an equal part.
 */
export function colourCosines(height: number, wide: number, channels: number, count: number): number[] {
  const mixes =
    channels === 3
      ? OPPONENTS
      : Array.from({ length: channels }, (_, c) => Array.from({ length: channels }, (_, k) => +(k === c)));
  const places = height * wide;
  const rest = Math.floor(count / (channels === 3 ? 5 : channels));
  const counts = mixes.map((_, i) => (i > 0 ? rest : count - rest * (channels - 1)));
  // What no longer fits into the grey goes to the others.
  for (let i = 0; i + 1 < channels; i++) {
    counts[i + 1] += Math.max(0, counts[i] - places);
    counts[i] = Math.min(counts[i], places);
  }
  return mixes.flatMap((mix, i) =>
    cosines(height, wide, counts[i]).flatMap((value) => mix.map((share) => share * value)),
  );
}
