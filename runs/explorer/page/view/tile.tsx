/** @file A pattern as a picture: drawn again whenever what it shows changes, without building the page anew. */
import { useSignalEffect } from '@preact/signals';
import { useRef } from 'preact/hooks';
import { type Drawn, drawPattern } from './drawing.ts';
import { palette } from './palette.ts';

export interface TileProps {
  /** Called again when a signal that it reads changes. */
  drawn: () => Drawn | undefined;
  /** Pixels of a cell on the canvas; the style sheet says how large it is shown. */
  cell?: number;
  label: string;
  class?: string;
}

export function Tile({ drawn, cell = 4, label, class: name = '' }: TileProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useTile(canvas, drawn, cell);
  return <canvas ref={canvas} role="img" aria-label={label} class={`tile ${name}`} />;
}

/** Keeps a canvas drawn. */
export function useTile(
  canvas: { current: HTMLCanvasElement | null },
  drawn: () => Drawn | undefined,
  cell: number,
): void {
  const latest = useRef(drawn);
  latest.current = drawn;
  useSignalEffect(() => {
    const what = latest.current();
    const colours = palette.value;
    const at = canvas.current;
    if (!at || !what) return;
    const [width, height] = [what.columns * cell, what.rows * cell];
    if (at.width !== width || at.height !== height) [at.width, at.height] = [width, height];
    at.style.aspectRatio = `${what.columns} / ${what.rows}`;
    drawPattern(at, what, colours);
  });
}
