/** @file A small line chart in SVG: axes, lines with bands, points, a play head; its styles are the page's. */
import { ticks } from 'd3-array';
import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';

export interface Series {
  name: string;
  /** Class that gives it its colour. */
  tone: string;
  points: readonly (readonly [x: number, y: number])[];
  /** Low and high at the same x. */
  band?: readonly (readonly [low: number, high: number])[];
  /** line (default), dots, or diamonds (published numbers). */
  mark?: 'line' | 'dots' | 'diamonds' | 'thin';
}

export interface ChartProps {
  series: readonly Series[];
  height: number;
  x: { label: string; domain: readonly [number, number]; ticks?: readonly number[] };
  /** `root`: a square root scale, which shows small errors and zero. */
  y: { label: string; domain?: readonly [number, number]; scale?: 'linear' | 'root' };
  /** Where a vertical line stands. */
  head?: number;
  /** Read to those who do not see it. */
  description: string;
  onScrub?: (x: number) => void;
  children?: ComponentChildren;
}

const MARGIN = { left: 42, right: 12, top: 22, bottom: 34 };

/** As wide as its place is, so that letters are the size of all others. */
export function Chart(props: ChartProps) {
  const box = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const at = box.current;
    if (!at) return;
    const measure = () => setWidth(Math.max(160, Math.round(at.clientWidth)));
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(at);
    return () => observer.disconnect();
  }, []);
  return (
    <div ref={box} class="chart-box" style={{ minHeight: `${props.height}px` }}>
      {width > 0 && <Lines {...props} width={width} />}
    </div>
  );
}

function Lines({
  series,
  width,
  height,
  x,
  y,
  head,
  description,
  onScrub,
  children,
}: ChartProps & { width: number }) {
  const values = series
    .flatMap(({ points, band }) => [...points.map(([, v]) => v), ...(band ?? []).flat()])
    .filter(Number.isFinite);
  const [low, high] = y.domain ?? padded(Math.min(...values), Math.max(...values));
  const scale = y.scale === 'root' ? (v: number) => Math.sqrt(Math.max(0, v)) : (v: number) => v;
  const inner = { width: width - MARGIN.left - MARGIN.right, height: height - MARGIN.top - MARGIN.bottom };
  const px = (v: number) =>
    MARGIN.left + ((v - x.domain[0]) / (x.domain[1] - x.domain[0] || 1)) * inner.width;
  const py = (v: number) =>
    MARGIN.top + (1 - (scale(v) - scale(low)) / (scale(high) - scale(low) || 1)) * inner.height;
  const yTicks =
    y.scale === 'root' ? rootTicks(high) : ticks(low, high, Math.max(2, Math.floor(inner.height / 34)));
  const xTicks = apart(
    x.ticks ?? ticks(x.domain[0], x.domain[1], Math.max(2, Math.floor(inner.width / 60))),
    px,
  );
  const scrubbed = (event: PointerEvent) => {
    if (!onScrub || (event.type === 'pointermove' && event.buttons === 0)) return;
    const box = (event.currentTarget as SVGElement).getBoundingClientRect();
    const at = ((event.clientX - box.left) / box.width) * width;
    onScrub(x.domain[0] + ((at - MARGIN.left) / inner.width) * (x.domain[1] - x.domain[0]));
  };
  return (
    <svg
      class={`chart ${onScrub ? 'scrubbed' : ''}`}
      width={width}
      height={height}
      viewBox={`0 0 ${width} ${height}`}
      role="img"
      aria-label={description}
      onPointerDown={scrubbed}
      onPointerMove={scrubbed}
    >
      {yTicks.map((v) => (
        <g key={v}>
          <line class="rule" x1={MARGIN.left} x2={width - MARGIN.right} y1={py(v)} y2={py(v)} />
          <text class="tick" x={MARGIN.left - 7} y={py(v)} dy="0.35em" text-anchor="end">
            {short(v)}
          </text>
        </g>
      ))}
      {xTicks.map((v) => (
        <text key={v} class="tick" x={px(v)} y={height - MARGIN.bottom + 15} text-anchor="middle">
          {short(v)}
        </text>
      ))}
      <text class="axis" x={width - MARGIN.right} y={height - 4} text-anchor="end">
        {x.label}
      </text>
      {y.label && (
        <text class="axis" x={MARGIN.left} y={MARGIN.top - 9}>
          {y.label}
        </text>
      )}
      {series.map(({ name, tone, points, band, mark = 'line' }) => {
        const seen = points.filter(([, v]) => Number.isFinite(v));
        return (
          <g key={name} class={`series ${tone}`}>
            {band && <path class="band" d={bandPath(points, band, px, py)} />}
            {(mark === 'line' || mark === 'thin') && (
              <path
                class={mark}
                d={seen.map(([u, v], i) => `${i ? 'L' : 'M'}${n(px(u))} ${n(py(v))}`).join('')}
              />
            )}
            {/* A line of one point is none. */}
            {mark === 'thin' && seen.length === 1 && <circle cx={px(seen[0][0])} cy={py(seen[0][1])} r="3" />}
            {mark === 'dots' && seen.map(([u, v]) => <circle key={u} cx={px(u)} cy={py(v)} r="4" />)}
            {mark === 'diamonds' &&
              seen.map(([u, v]) => (
                <path key={u} class="diamond" d={`M${px(u)} ${py(v) - 5.5}l5.5 5.5l-5.5 5.5l-5.5 -5.5z`} />
              ))}
          </g>
        );
      })}
      {head !== undefined && (
        <g class="head" transform={`translate(${n(px(head))} 0)`}>
          <line y1={MARGIN.top} y2={height - MARGIN.bottom} />
          {series.map(({ name, points, tone, mark }) => {
            const v = at(points, head);
            return mark === 'diamonds' || v === undefined ? null : (
              <circle key={name} class={tone} cy={n(py(v))} r="5" />
            );
          })}
        </g>
      )}
      {children}
    </svg>
  );
}

/** Those whose numbers do not touch; the last one stays. */
export function apart(values: readonly number[], place: (v: number) => number): number[] {
  const kept: number[] = [];
  let left = Number.POSITIVE_INFINITY;
  for (const v of values.toReversed()) {
    const half = 3.6 * short(v).length + 3;
    if (place(v) + half > left) continue;
    kept.unshift(v);
    left = place(v) - half;
  }
  return kept;
}

const n = (v: number) => Math.round(v * 100) / 100;

function padded(low: number, high: number): [number, number] {
  if (!Number.isFinite(low)) return [0, 1];
  const more = (high - low || 1) * 0.08;
  return [low - more, high + more];
}

/** Round values for a square root scale that begins at zero. */
function rootTicks(high: number): number[] {
  const all = [0, 0.1, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500];
  const fit = all.filter((v) => v <= high * 1.001);
  return fit.length > 7 ? fit.filter((v) => v === 0 || v >= high / 60) : fit;
}

function at(points: Series['points'], x: number): number | undefined {
  const k = points.findIndex(([u]) => u >= x);
  if (k < 0) return undefined;
  const [u1, v1] = points[k];
  if (k === 0) return u1 === x ? v1 : undefined;
  const [u0, v0] = points[k - 1];
  return v0 + ((x - u0) / (u1 - u0)) * (v1 - v0);
}

function bandPath(
  points: Series['points'],
  band: NonNullable<Series['band']>,
  px: (v: number) => number,
  py: (v: number) => number,
): string {
  const up = points.map(([u], i) => `${n(px(u))} ${n(py(band[i][1]))}`);
  const down = points.map(([u], i) => `${n(px(u))} ${n(py(band[i][0]))}`).reverse();
  return `M${[...up, ...down].join('L')}Z`;
}

export function short(v: number): string {
  if (v === 0) return '0';
  const size = Math.abs(v);
  if (size >= 10000) return `${Math.round(v / 1000)}k`;
  if (size >= 100 || Number.isInteger(v)) return String(Math.round(v));
  return String(Number(v.toPrecision(2)));
}
