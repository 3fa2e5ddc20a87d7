/** @file A curve in a line of text: the whole history of a value in a few characters, on a logarithmic scale where it can be. */

const LEVELS = '▁▂▃▄▅▆▇█';

/**
 * @param values in order; those that are not finite are left out
 * @returns at most `width` characters, each the mean of its share of the values
 */
export function sparkline(values: readonly number[], width = 24): string {
  const finite = values.filter(Number.isFinite);
  const columns = Math.min(width, finite.length);
  const means = Array.from({ length: columns }, (_, i) => {
    const share = finite.slice(
      Math.floor((i * finite.length) / columns),
      Math.floor(((i + 1) * finite.length) / columns),
    );
    return share.reduce((a, b) => a + b, 0) / share.length;
  });
  const scaled = means.every((v) => v > 0) ? means.map(Math.log) : means;
  const low = Math.min(...scaled);
  const span = Math.max(...scaled) - low;
  return scaled
    .map((v) => LEVELS[span > 0 ? Math.round(((v - low) / span) * (LEVELS.length - 1)) : 0])
    .join('');
}
