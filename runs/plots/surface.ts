/** @file What pictures are drawn on: a PNG of two device pixels to a CSS pixel, or an SVG or PDF, which have no pixels. */
import type { SKRSContext2D } from '@napi-rs/canvas';
import { canvas as ofCanvas } from '../../src/canvas.ts';
import { BACKGROUND, PIXEL_RATIO, registerFonts, setLanguage } from './style.ts';

export const formats = ['png', 'svg', 'pdf'] as const;
export type Format = (typeof formats)[number];

/**
 * A picture of `width` times `height` CSS pixels, which `draw` fills in these units on white paper. Text becomes outlines in an SVG, so that
 * it looks the same where the font is missing.
 */
export function picture(
  width: number,
  height: number,
  format: Format,
  draw: (context: SKRSContext2D) => void,
): Uint8Array {
  registerFonts();
  const onPaper = (context: SKRSContext2D, ratio: number) => {
    setLanguage(context);
    context.scale(ratio, ratio);
    context.fillStyle = BACKGROUND;
    context.fillRect(0, 0, width, height);
    draw(context);
  };
  const { createCanvas, PDFDocument, SvgExportFlag } = ofCanvas();
  if (format === 'svg') {
    const canvas = createCanvas(width, height, SvgExportFlag.ConvertTextToPaths);
    onPaper(canvas.getContext('2d'), 1);
    return new Uint8Array(canvas.getContent());
  }
  if (format === 'pdf') {
    const document = new PDFDocument({ creator: 'ebmm' });
    onPaper(document.beginPage(width, height) as SKRSContext2D, 1);
    document.endPage();
    return new Uint8Array(document.close());
  }
  const canvas = createCanvas(width * PIXEL_RATIO, height * PIXEL_RATIO);
  onPaper(canvas.getContext('2d'), PIXEL_RATIO);
  return new Uint8Array(canvas.toBuffer('image/png'));
}
