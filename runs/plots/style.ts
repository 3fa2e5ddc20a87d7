/** @file How every picture looks: one font, one palette in a fixed order, sizes in CSS pixels, two device pixels each. */
import { createRequire } from 'node:module';
import type { SKRSContext2D } from '@napi-rs/canvas';
import { canvas } from '../../src/canvas.ts';

/** Width of every chart in CSS pixels; its PNG is PIXEL_RATIO times as wide. */
export const WIDTH = 800;
export const PIXEL_RATIO = 2;
/** Empty border of every picture, in CSS pixels. */
export const MARGIN = 12;

export const BACKGROUND = '#ffffff';
export const INK = '#1f2328';
export const MUTED = '#636c76';
export const GRID = '#e4e7eb';
export const GRID_MINOR = '#f3f4f6';
/** Wrong entries. The vermillion of the palette, so that it reads as wrong beside blue for every kind of colour vision. */
export const WRONG = '#d55e00';

/**
 * Colours told apart under the common colour blindnesses, in order of use: Okabe and Ito's set without its yellow (too
 * pale on white), then seven from Paul Tol's muted and safe schemes. https://jfly.uni-koeln.de/color/, https://personal.sron.nl/~pault/
 */
export const PALETTE = [
  '#0072b2',
  '#d55e00',
  '#009e73',
  '#cc79a7',
  '#e69f00',
  '#56b4e9',
  '#555555',
  '#882255',
  '#999933',
  '#332288',
  '#117733',
  '#661100',
  '#aa4499',
  '#6699cc',
] as const;

/**
 * Shape and rotation of markers. All have an inside, so that hollow ones can be told from solid ones. Two series of the same marker have
 * colours that are far from each other.
 */
const POINTS = [
  ['circle', 0],
  ['rect', 0],
  ['triangle', 0],
  ['rectRot', 0],
  ['triangle', 180],
  ['triangle', 90],
  ['triangle', 270],
] as const;

/** Colour, marker and dash of series `i`. Colours repeat after fourteen series: then lines are dotted and have other markers. */
export function seriesStyle(i: number) {
  const round = Math.floor(i / PALETTE.length);
  const [pointStyle, rotation] = POINTS[(i + 3 * round) % POINTS.length];
  const dash = round === 0 ? [] : [2, 2];
  return { color: PALETTE[i % PALETTE.length] as string, pointStyle, rotation, dash };
}

/** Dash of lines taken from the literature. */
export const PUBLISHED_DASH = [7, 4];

/** `color` (#rrggbb) with an opacity in [0, 1]. */
export function faint(color: string, opacity: number): string {
  return `${color}${Math.round(opacity * 255)
    .toString(16)
    .padStart(2, '0')}`;
}

/** Sizes of text in CSS pixels. */
export const TEXT = { title: 16, normal: 13, small: 12 } as const;

const FAMILY = 'ebmm Inter';

/** A font as chart.js takes it. */
export function font(size: number, weight: 400 | 600 = 400) {
  return { family: FAMILY, size, weight, lineHeight: 1.3 };
}

/** A font as a canvas takes it. */
export function canvasFont(size: number, weight: 400 | 600 = 400): string {
  return `${weight} ${size}px "${FAMILY}"`;
}

/**
 * Makes the font known to the canvas, once. A machine may have no font at all, and then text would silently vanish; with a
 * font of our own, charts also look the same everywhere. The files are parts of one typeface: the canvas takes each
 * character from the part that has it.
 */
export function registerFonts(): void {
  if (registered) return;
  const { resolve } = createRequire(import.meta.url);
  for (const part of ['latin', 'latin-ext', 'greek', 'cyrillic']) {
    for (const weight of [400, 600]) {
      const file = resolve(`@fontsource/inter/files/inter-${part}-${weight}-normal.woff2`);
      if (!canvas().GlobalFonts.registerFromPath(file, FAMILY)) throw new Error(`no font in ${file}`);
    }
  }
  registered = true;
}
let registered = false;

/** Sets what text depends on besides its font: by default the canvas follows the language of the host. */
export function setLanguage(context: SKRSContext2D): void {
  context.lang = 'en';
}
