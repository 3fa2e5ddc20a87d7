/** @file Colours for what is drawn by hand (canvases), read from the style sheet; and the colours of heights. */
import { computed } from '@preact/signals';
import { dark } from '../state.ts';

export type Rgb = readonly [number, number, number];

function read(name: string): Rgb {
  const hex = getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const n = Number.parseInt(hex.slice(1), 16);
  return [(n >> 16) & 255, (n >> 8) & 255, n & 255];
}

/** The theme's colours; new whenever the theme changes. */
export const palette = computed(() => {
  void dark.value;
  return {
    paper: read('--paper'),
    ink: read('--ink-drawn'),
    wrong: read('--wrong'),
    wrongPaper: read('--wrong-paper'),
    unknown: read('--unknown'),
    line: read('--line'),
    accent: read('--accent'),
    plus: read('--plus'),
    minus: read('--minus'),
    zero: read('--zero'),
  };
});

export const mix = (a: Rgb, b: Rgb, t: number): Rgb => [
  a[0] + t * (b[0] - a[0]),
  a[1] + t * (b[1] - a[1]),
  a[2] + t * (b[2] - a[2]),
];
export const css = ([r, g, b]: Rgb, alpha = 1) =>
  `rgb(${Math.round(r)} ${Math.round(g)} ${Math.round(b)} / ${alpha})`;

/** From the deepest to the highest: deep water, shallows, shore, meadow, rock, snow. Lightness rises all the way. */
const HEIGHTS: readonly Rgb[] = [
  [11, 33, 66],
  [14, 68, 98],
  [22, 108, 121],
  [66, 146, 130],
  [134, 181, 141],
  [197, 209, 160],
  [233, 226, 190],
  [248, 243, 228],
];

/** Colour of a height in [0, 1]. */
export function heightColour(t: number): Rgb {
  const at = Math.min(1, Math.max(0, t)) * (HEIGHTS.length - 1);
  const k = Math.min(HEIGHTS.length - 2, Math.floor(at));
  return mix(HEIGHTS[k], HEIGHTS[k + 1], at - k);
}

/** Colours of stored patterns: hues far apart from each one's predecessors (the golden angle). */
export function basinColour(index: number): Rgb {
  const hue = (205 + index * 137.508) % 360;
  const f = (n: number) => {
    const k = (n + hue / 30) % 12;
    return Math.round(255 * (0.56 - 0.32 * Math.max(-1, Math.min(k - 3, 9 - k, 1))));
  };
  return [f(0), f(8), f(4)];
}
