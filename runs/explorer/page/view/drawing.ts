/** @file Draws a pattern: cells from paper to ink, wrong ones marked, unknown ones hatched. */
import { css, mix, type palette, type Rgb } from './palette.ts';

export interface Drawn {
  rows: number;
  columns: number;
  /** In [0, 1]. */
  values: ArrayLike<number>;
  /** Marks entries on the other side of 0.5 than here. */
  target?: ArrayLike<number>;
  /** Hatches entries that are 0 here. */
  known?: ArrayLike<number>;
}

type Colours = typeof palette.value;

/** Fills the whole canvas, whose size must be a multiple of columns and rows. */
export function drawPattern(canvas: HTMLCanvasElement, drawn: Drawn, colours: Colours): void {
  const context = canvas.getContext('2d');
  if (!context) return;
  const { rows, columns, values, target, known } = drawn;
  const small = scratch(columns, rows);
  const pixels = small.getImageData(0, 0, columns, rows);
  for (let i = 0; i < rows * columns; i++) {
    const bad = target !== undefined && values[i] > 0.5 !== target[i] > 0.5;
    const low = bad ? colours.wrongPaper : colours.paper;
    const high = bad ? colours.wrong : colours.ink;
    const [r, g, b]: Rgb = mix(low, high, Math.min(1, Math.max(0, values[i])));
    pixels.data.set([r, g, b, 255], 4 * i);
  }
  small.putImageData(pixels, 0, 0);
  context.imageSmoothingEnabled = false;
  context.drawImage(small.canvas, 0, 0, canvas.width, canvas.height);
  const cell = canvas.width / columns;
  if (known) hatch(context, known, columns, cell, colours);
  if (rows * columns <= 256 && cell >= 6) grid(context, rows, columns, cell, colours);
}

let kept: CanvasRenderingContext2D | undefined;

function scratch(width: number, height: number): CanvasRenderingContext2D {
  kept ??= document.createElement('canvas').getContext('2d', { willReadFrequently: true })!;
  if (kept.canvas.width !== width || kept.canvas.height !== height) {
    kept.canvas.width = width;
    kept.canvas.height = height;
  }
  return kept;
}

function hatch(
  context: CanvasRenderingContext2D,
  known: ArrayLike<number>,
  columns: number,
  cell: number,
  colours: Colours,
): void {
  context.save();
  context.beginPath();
  let any = false;
  for (let i = 0; i < known.length; i++) {
    if (known[i]) continue;
    any = true;
    context.rect((i % columns) * cell, Math.floor(i / columns) * cell, cell, cell);
  }
  if (any) {
    context.clip();
    context.fillStyle = css(colours.unknown, 0.2);
    context.fillRect(0, 0, context.canvas.width, context.canvas.height);
    context.strokeStyle = css(colours.unknown, 0.85);
    const gap = Math.max(7, Math.min(14, cell * 0.9));
    context.lineWidth = Math.max(1, gap / 7);
    context.beginPath();
    const { width, height } = context.canvas;
    for (let x = -height; x < width; x += gap) {
      context.moveTo(x, height);
      context.lineTo(x + height, 0);
    }
    context.stroke();
  }
  context.restore();
}

function grid(
  context: CanvasRenderingContext2D,
  rows: number,
  columns: number,
  cell: number,
  colours: Colours,
): void {
  context.strokeStyle = css(colours.line);
  context.lineWidth = Math.max(1, cell / 14);
  context.beginPath();
  for (let x = 1; x < columns; x++) {
    context.moveTo(x * cell, 0);
    context.lineTo(x * cell, rows * cell);
  }
  for (let y = 1; y < rows; y++) {
    context.moveTo(0, y * cell);
    context.lineTo(columns * cell, y * cell);
  }
  context.stroke();
}
