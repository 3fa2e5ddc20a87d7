/** @file The query as a canvas to paint on: with a pointer, or with the arrow keys and the space bar. */
import { batch } from '@preact/signals';
import { useRef, useState } from 'preact/hooks';
import { stream } from '../../../../src/random.ts';
import { recall } from '../actions.ts';
import { brush, patterns, query, type Tool, target, tool } from '../state.ts';
import { useTile } from './tile.tsx';

/** Pixels of a cell on the canvas. */
const CELL = 16;

/** Changes what is at entry i. */
const TOOLS: Record<
  Tool,
  (values: Float32Array, known: Float32Array, i: number, pattern: Float32Array) => void
> = {
  noise(values, known, i) {
    values[i] = Number(noise.bit());
    known[i] = 0;
  },
  erase(values, known, i) {
    // Bits are -1 and +1 inside, so the middle says nothing either way; a drawing's paper is 0.
    values[i] = values.length > 256 ? 0 : 0.5;
    known[i] = 0;
  },
  ink(values, known, i, pattern) {
    values[i] = 1;
    // Ink where the pattern has none is no knowledge.
    known[i] = Number(pattern[i] > 0.5);
  },
  known(values, known, i, pattern) {
    values[i] = pattern[i];
    known[i] = 1;
  },
  unknown(_, known, i) {
    known[i] = 0;
  },
};

let noise = stream(0, 'explorer', 'brush');

export function Brush() {
  const canvas = useRef<HTMLCanvasElement>(null);
  const last = useRef<{ x: number; y: number } | undefined>(undefined);
  const [cursor, setCursor] = useState<{ x: number; y: number } | undefined>(undefined);
  useTile(
    canvas,
    () => {
      const [set, q] = [patterns.value, query.value];
      return (
        set &&
        q && { rows: set.rows, columns: set.columns, values: q.values, known: q.known, target: target.value }
      );
    },
    CELL,
  );
  const set = patterns.value;
  if (!set) return null;
  const { rows, columns } = set;

  const paint = (points: readonly { x: number; y: number }[]) => {
    const [q, pattern] = [query.value, target.value];
    if (!q || !pattern) return;
    const next = { values: q.values.slice(), known: q.known.slice() };
    const radius = (brush.value * Math.max(1, columns / 32)) / 2;
    const reach = columns * rows <= 256 ? Math.max(0.5, (brush.value - 1) / 3) : radius;
    const done = new Set<number>();
    for (const { x, y } of points) {
      for (let row = Math.floor(y - reach); row <= y + reach; row++) {
        for (let column = Math.floor(x - reach); column <= x + reach; column++) {
          const i = row * columns + column;
          if (row < 0 || column < 0 || row >= rows || column >= columns || done.has(i)) continue;
          if (Math.hypot(column + 0.5 - x, row + 0.5 - y) > reach + 0.05) continue;
          done.add(i);
          TOOLS[tool.value](next.values, next.known, i, pattern);
        }
      }
    }
    query.value = next;
  };

  const place = (event: PointerEvent) => {
    const box = (event.currentTarget as HTMLElement).getBoundingClientRect();
    return {
      x: ((event.clientX - box.left) / box.width) * columns,
      y: ((event.clientY - box.top) / box.height) * rows,
    };
  };
  const stroke = (event: PointerEvent) => {
    const to = place(event);
    const from = last.current ?? to;
    const steps = Math.ceil(Math.hypot(to.x - from.x, to.y - from.y) * 2);
    const between = Array.from({ length: steps + 1 }, (_, k) => ({
      x: from.x + ((to.x - from.x) * k) / (steps || 1),
      y: from.y + ((to.y - from.y) * k) / (steps || 1),
    }));
    last.current = to;
    batch(() => paint(between));
  };
  const end = () => {
    if (!last.current) return;
    last.current = undefined;
    void recall();
  };
  const key = (event: KeyboardEvent) => {
    const moves: Record<string, [number, number]> = {
      ArrowLeft: [-1, 0],
      ArrowRight: [1, 0],
      ArrowUp: [0, -1],
      ArrowDown: [0, 1],
    };
    const at = cursor ?? { x: columns / 2 + 0.5, y: rows / 2 + 0.5 };
    if (event.key in moves) {
      const [dx, dy] = moves[event.key];
      const hold = (v: number, most: number) => Math.min(most - 0.5, Math.max(0.5, v));
      const to = { x: hold(at.x + dx, columns), y: hold(at.y + dy, rows) };
      setCursor(to);
      if (event.shiftKey) paint([to]);
      event.preventDefault();
    } else if (event.key === ' ' || event.key === 'Enter') {
      paint([at]);
      void recall();
      event.preventDefault();
    }
  };
  return (
    <div
      class="paintable"
      role="application"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: painted on by keyboard
      tabIndex={0}
      aria-label={`The query, ${rows} by ${columns}. Paint with the pointer, or with the arrow keys and space; shift and arrows paint along.`}
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
        if ((event.currentTarget as HTMLElement).matches(':focus-visible')) {
          setCursor({ x: Math.floor(columns / 2) + 0.5, y: Math.floor(rows / 2) + 0.5 });
        }
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

/** Begins the brush's noise anew, so that a seed gives the same strokes the same noise. */
export function seedNoise(seed: number): void {
  noise = stream(seed, 'explorer', 'brush');
}
