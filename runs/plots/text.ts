/** @file Text that fits: measuring, shortening, breaking into lines. */
import { createCanvas } from '../../src/canvas.ts';
import { canvasFont, registerFonts, setLanguage } from './style.ts';

/** Width of `text` in CSS pixels. */
export function textWidth(text: string, size: number, weight: 400 | 600 = 400): number {
  registerFonts();
  const context = createCanvas(1, 1).getContext('2d');
  setLanguage(context);
  context.font = canvasFont(size, weight);
  return context.measureText(text).width;
}

/** `text`, its middle replaced by an ellipsis where it is wider than `width`: names of runs often differ at their ends. */
export function shorten(text: string, width: number, size: number, weight: 400 | 600 = 400): string {
  if (textWidth(text, size, weight) <= width) return text;
  const characters = [...text];
  let kept = characters.length - 1;
  let short = '…';
  for (; kept > 0; kept--) {
    const head = Math.ceil(kept / 2);
    short = `${characters.slice(0, head).join('')}…${characters.slice(characters.length - (kept - head)).join('')}`;
    if (textWidth(short, size, weight) <= width) return short;
  }
  return '…';
}

/** Joins `parts` with a middle dot, breaking into lines no wider than `width`. Empty parts are left out. */
export function joinParts(parts: string[], width: number, size: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const part of parts.filter((p) => p !== '')) {
    const longer = line === '' ? part : `${line} · ${part}`;
    if (line !== '' && textWidth(longer, size) > width) {
      lines.push(line);
      line = part;
    } else {
      line = longer;
    }
  }
  if (line !== '') lines.push(line);
  return lines.map((l) => shorten(l, width, size));
}
