/** @file A pattern to paint on: with a pointer, or with the arrow keys and the space bar. */
import { useRef, useState } from 'preact/hooks';
import type { Drawn } from './drawing.ts';
import { useTile } from './tile.tsx';

/** Pixels of a cell on the canvas. */
const CELL = 16;

export interface Place {
  /** In cells, from the upper left corner. */
  x: number;
  y: number;
}

interface SurfaceProps {
  rows: number;
  columns: number;
  drawn: () => Drawn | undefined;
  label: string;
  /** Called with the places that the brush touches. */
  paint: (places: readonly Place[]) => void;
  /** Called after a stroke. */
  done?: () => void;
}

const MOVES: Record<string, readonly [number, number]> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

export function Surface({ rows, columns, drawn, label, paint, done }: SurfaceProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const last = useRef<Place | undefined>(undefined);
  const [cursor, setCursor] = useState<Place | undefined>(undefined);
  useTile(canvas, drawn, CELL);
  const middle = { x: Math.floor(columns / 2) + 0.5, y: Math.floor(rows / 2) + 0.5 };

  const stroke = (event: PointerEvent) => {
    const box = (event.currentTarget as HTMLElement).getBoundingClientRect();
    const to = {
      x: ((event.clientX - box.left) / box.width) * columns,
      y: ((event.clientY - box.top) / box.height) * rows,
    };
    const from = last.current ?? to;
    const steps = Math.ceil(Math.hypot(to.x - from.x, to.y - from.y) * 2) || 1;
    last.current = to;
    paint(
      Array.from({ length: steps }, (_, k) => ({
        x: from.x + ((to.x - from.x) * (k + 1)) / steps,
        y: from.y + ((to.y - from.y) * (k + 1)) / steps,
      })),
    );
  };
  const end = () => {
    if (!last.current) return;
    last.current = undefined;
    done?.();
  };
  const key = (event: KeyboardEvent) => {
    const at = cursor ?? middle;
    if (event.key in MOVES) {
      const [dx, dy] = MOVES[event.key];
      const hold = (v: number, most: number) => Math.min(most - 0.5, Math.max(0.5, v));
      const to = { x: hold(at.x + dx, columns), y: hold(at.y + dy, rows) };
      setCursor(to);
      if (event.shiftKey) paint([to]);
      event.preventDefault();
    } else if (event.key === ' ' || event.key === 'Enter') {
      paint([at]);
      done?.();
      event.preventDefault();
    }
  };
  return (
    <div
      class="paintable"
      role="application"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: painted on by keyboard
      tabIndex={0}
      aria-label={`${label}, ${rows} by ${columns}. Paint with the pointer, or with the arrow keys and space; shift and arrows paint along.`}
      onPointerDown={(event) => {
        (event.currentTarget as HTMLElement).setPointerCapture(event.pointerId);
        last.current = undefined;
        stroke(event);
      }}
      onPointerMove={(event) => {
        if (last.current) stroke(event);
      }}
      onPointerUp={end}
      onPointerCancel={end}
      onKeyDown={key}
      onFocus={(event) => {
        if ((event.currentTarget as HTMLElement).matches(':focus-visible')) setCursor(middle);
      }}
      onBlur={() => setCursor(undefined)}
    >
      <canvas ref={canvas} class="tile big" />
      {cursor && (
        <span
          class="cursor"
          style={{
            left: `${((cursor.x - 0.5) / columns) * 100}%`,
            top: `${((cursor.y - 0.5) / rows) * 100}%`,
            width: `${100 / columns}%`,
            height: `${100 / rows}%`,
          }}
        />
      )}
    </div>
  );
}

/** The cells whose middle lies within `reach` cells of a place, each once. */
export function touched(places: readonly Place[], reach: number, rows: number, columns: number): Set<number> {
  const cells = new Set<number>();
  for (const { x, y } of places) {
    for (let row = Math.max(0, Math.floor(y - reach)); row <= Math.min(rows - 1, y + reach); row++) {
      for (
        let column = Math.max(0, Math.floor(x - reach));
        column <= Math.min(columns - 1, x + reach);
        column++
      ) {
        if (Math.hypot(column + 0.5 - x, row + 0.5 - y) <= reach) cells.add(row * columns + column);
      }
    }
    // However small the brush, the cell beneath it.
    const [row, column] = [Math.floor(y), Math.floor(x)];
    if (row >= 0 && row < rows && column >= 0 && column < columns) cells.add(row * columns + column);
  }
  return cells;
}
