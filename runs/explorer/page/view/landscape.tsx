/** @file The landscape: a plane through three points, coloured by energy, with the path of recall on it. */
import { effect, useComputed, useSignalEffect } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { BasinMap } from '../lab/protocol.ts';
import * as s from '../state.ts';
import { lab, open } from '../workers.ts';
import { short } from './chart.tsx';
import { basinColour, css, heightColour } from './palette.ts';
import { contourLines, heightsOf, insideRange, paintRelief } from './relief.ts';
import { Tile } from './tile.tsx';

/** The plane's three points. */
const NAMES = ['A', 'B', 'C'] as const;
/** Size of the map's drawing. */
const WIDTH = 600;
const HEIGHT = WIDTH / s.ASPECT;
/** Columns of the finest grid of energies, and of the grid of basins. */
const FINEST = 160;
const BASIN_COLUMNS = 80;

/** Computes the map anew whenever the plane or the memory changes; what is under way for another is called off. */
function computeMap(): () => void {
  let running = new AbortController();
  const stop = effect(() => {
    const [info, written, view] = [s.memory.value, s.written.value, s.view.value];
    running.abort();
    s.basins.value = undefined;
    if (!info?.hasEnergy || !written || !view?.plane) return;
    const control = new AbortController();
    running = control;
    const { plane, frame } = view;
    const question = { memory: info.id, state: written.states.at(-1)!, plane, frame, finest: FINEST };
    s.mapping.value = true;
    void (async () => {
      try {
        await open('slow', info.id);
        for await (const map of lab('slow').stream('energies', question, control.signal))
          s.energyMap.value = map;
      } catch (error) {
        s.problem.value = error instanceof Error ? error.message : String(error);
      }
      if (!control.signal.aborted) s.mapping.value = false;
    })();
  });
  return () => {
    running.abort();
    stop();
  };
}

/** Follows descent from every point, once the energies are there, as long as basins are asked for. */
function computeBasins(): () => void {
  let running = new AbortController();
  const wanted = s.showBasins;
  const stop = effect(() => {
    const [info, written, view, set] = [s.memory.value, s.written.value, s.view.value, s.patterns.value];
    const ready = s.energyMap.value?.last;
    running.abort();
    if (!wanted.value) s.basins.value = undefined;
    if (!wanted.value || !ready || !info || !written || !view?.plane || !set) return;
    const control = new AbortController();
    running = control;
    const question = {
      memory: info.id,
      state: written.states.at(-1)!,
      plane: view.plane,
      frame: view.frame,
      columns: BASIN_COLUMNS,
      rows: Math.round(BASIN_COLUMNS / s.ASPECT),
      patterns: set.values,
      count: set.count,
    };
    void (async () => {
      try {
        for await (const map of lab('slow').stream('basins', question, control.signal)) s.basins.value = map;
      } catch (error) {
        s.problem.value = error instanceof Error ? error.message : String(error);
      }
    })();
  });
  return () => {
    running.abort();
    stop();
  };
}

export function Landscape() {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const [stopMap, stopBasins] = [computeMap(), computeBasins()];
    return () => {
      stopMap();
      stopBasins();
    };
  }, []);
  useSignalEffect(() => {
    const map = s.energyMap.value;
    if (canvas.current && map) paintRelief(canvas.current, map, s.basins.value, s.dark.value);
  });
  const view = s.view.value;
  return (
    <section class="card landscape" aria-labelledby="map">
      <header>
        <span class="number">3</span>
        <h2 id="map">The landscape it falls through</h2>
      </header>
      <div class="map" style={{ aspectRatio: `${WIDTH} / ${HEIGHT}` }}>
        <canvas ref={canvas} width={WIDTH} height={HEIGHT} />
        <Overlay />
        {!s.energyMap.value && (
          <p class="waiting">{view && !view.plane ? 'These three points lie on one line.' : 'Surveying …'}</p>
        )}
      </div>
      <Legend />
      <Corners />
      <Basins />
    </section>
  );
}

/** Contours, the range, the path and its points, over the relief. */
function Overlay() {
  const lines = useComputed(() => (s.energyMap.value ? contourLines(s.energyMap.value, WIDTH, HEIGHT) : []));
  const { view, memory } = s;
  const geometry = view.value;
  if (!geometry?.plane || !geometry.path || !memory.value || !s.energyMap.value) return null;
  const { plane, frame, path, points } = geometry;
  const px = (u: number) => ((u - frame.u) / frame.width) * WIDTH;
  const py = (v: number) => ((v - frame.v) / frame.height) * HEIGHT;
  const range = insideRange(plane, frame, memory.value.range);
  const bits = s.wrong.value;
  const line = path.map(({ u, v }, k) => `${k ? 'L' : 'M'}${px(u).toFixed(1)} ${py(v).toFixed(1)}`).join('');
  const away = Math.max(...path.map(({ distance }) => distance));
  const description = `Energy in the plane through ${points.map(({ label }) => label).join(', ')}. Recall goes from the query, with ${bits[0]} wrong bits, to ${bits.at(-1)} wrong bits.`;
  return (
    <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={description}>
      {lines.value.map(({ energy, strong, path: d }) => (
        <path key={energy} class={`contour ${strong ? 'strong' : ''}`} d={d} />
      ))}
      {range.length > 2 && (
        <polygon
          class="range"
          points={range.map(([u, v]) => `${px(u).toFixed(1)},${py(v).toFixed(1)}`).join(' ')}
        />
      )}
      <path class="path under" d={line} />
      <path class="path" d={line} />
      {path.map(({ u, v, distance }, k) => (
        <circle
          key={k}
          class={`step ${distance > 0.35 * away && away > 0.05 * frame.width ? 'off' : ''}`}
          cx={px(u)}
          cy={py(v)}
          r="3.5"
        />
      ))}
      {plane.corners.map(([u, v], i) => (
        <Corner key={points[i].name} x={px(u)} y={py(v)} label={`${NAMES[i]} ${points[i].label}`} />
      ))}
      <Ball path={path} px={px} py={py} />
    </svg>
  );
}

function Corner({ x, y, label }: { x: number; y: number; label: string }) {
  // Away from the middle, where the path is; above it where there is no room beside.
  const side = x < WIDTH / 2 ? -1 : 1;
  const room = side < 0 ? x : WIDTH - x;
  const beside = room > 30 + 9 * label.length;
  return (
    <g class="corner" transform={`translate(${x.toFixed(1)} ${y.toFixed(1)})`}>
      <circle r="6" />
      <text
        x={beside ? 13 * side : 10 * side}
        y={beside ? 0 : -18}
        dy="0.35em"
        text-anchor={beside === side > 0 ? 'start' : 'end'}
      >
        {label}
      </text>
    </g>
  );
}

interface BallProps {
  path: readonly { u: number; v: number }[];
  px: (u: number) => number;
  py: (v: number) => number;
}

/** Where recall is now. */
function Ball({ path, px, py }: BallProps) {
  const at = Math.min(s.position.value, path.length - 1);
  const k = Math.min(Math.floor(at), path.length - 2);
  if (k < 0) return null;
  const [a, b] = [path[k], path[k + 1]];
  const share = at - k;
  const x = px(a.u + share * (b.u - a.u));
  const y = py(a.v + share * (b.v - a.v));
  return <circle class="ball" cx={x.toFixed(2)} cy={y.toFixed(2)} r="9" />;
}

const STOPS = Array.from({ length: 9 }, (_, k) => k / 8);

function Legend() {
  const map = s.energyMap.value;
  const path = s.view.value?.path;
  if (!map || !path) return <div class="legend" />;
  const { low, high } = heightsOf(map);
  const away = Math.max(...path.map(({ distance }) => distance));
  const stops = STOPS.map((t) => `${css(heightColour(t))} ${t * 100}%`).join(', ');
  return (
    <div class="legend">
      <span>{short(low)}</span>
      <span class="ramp" style={{ background: `linear-gradient(90deg, ${stops})` }} />
      <span>{short(high)} energy</span>
      <span class="far">
        {away < 0.01 ? 'the path lies in this plane' : `the path leaves this plane by up to ${short(away)}`}
      </span>
    </div>
  );
}

function Corners() {
  const set = s.patterns.value;
  if (!set) return null;
  return (
    <fieldset class="corners" aria-label="The three points of the plane">
      {NAMES.map((corner, i) => (
        <label key={corner}>
          <span>{corner}</span>
          <select
            value={s.planePoints.value[i]}
            onChange={(event) => {
              const next = [...s.planePoints.value] as [string, string, string];
              next[i] = event.currentTarget.value;
              s.planePoints.value = next;
            }}
          >
            <option value="query">query</option>
            <option value="end">recalled</option>
            <option value="other">nearest other</option>
            {Array.from({ length: set.count }, (_, n) => (
              <option key={n} value={String(n + 1)}>
                stored {n + 1}
              </option>
            ))}
          </select>
        </label>
      ))}
    </fieldset>
  );
}

function Basins() {
  const map = s.basins.value;
  const done = map ? map.done / map.rows : 0;
  return (
    <div class="basins">
      <label class="switch">
        <input
          type="checkbox"
          checked={s.showBasins.value}
          onChange={(event) => {
            s.showBasins.value = event.currentTarget.checked;
          }}
        />
        <span>Basins: where recall from each point ends, nothing held</span>
      </label>
      {s.showBasins.value && (
        <div class="shares">
          {done < 1 && (
            <>
              <progress value={done} max="1" aria-label="Points followed" />
              <button
                type="button"
                class="quiet"
                onClick={() => {
                  s.showBasins.value = false;
                }}
              >
                Stop
              </button>
            </>
          )}
          {map && <Shares map={map} />}
        </div>
      )}
    </div>
  );
}

/** The patterns reached, most points first. */
function Shares({ map }: { map: BasinMap }) {
  const set = s.patterns.value;
  if (!set) return null;
  const counts = new Map<number, number>();
  let all = 0;
  for (const to of map.reached) {
    if (to === -2) continue;
    counts.set(to, (counts.get(to) ?? 0) + 1);
    all++;
  }
  const d = set.rows * set.columns;
  const sorted = [...counts].sort((a, b) => b[1] - a[1]).slice(0, 6);
  return (
    <ul>
      {sorted.map(([to, points]) => (
        <li key={to}>
          {to >= 0 ? (
            <span class="chip" style={{ borderColor: css(basinColour(to)) }}>
              <Tile
                label={`stored ${to + 1}`}
                cell={2}
                drawn={() => ({ ...set, values: set.values.subarray(to * d, (to + 1) * d) })}
              />
            </span>
          ) : (
            <span class="chip none" />
          )}
          {to >= 0 ? `stored ${to + 1}` : 'no stored pattern'} {Math.round((100 * points) / all)}%
        </li>
      ))}
    </ul>
  );
}
