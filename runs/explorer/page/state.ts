/** @file What the page shows, as signals; changed only by the functions of actions.ts. */
import { computed, signal } from '@preact/signals';
import { frameAround, planeThrough, project } from './lab/geometry.ts';
import type { BasinMap, EnergyMap, LoadPoint, MemoryInfo, RivalRecall, Trace, TrainingUpdate, Written } from './lab/protocol.ts'; // biome-ignore format: one import
import { type PatternSet, type Query, wrongBits } from './lab/sources.ts';

/** A memory that can be chosen. */
export interface Entry {
  id: string;
  /** In words, for the list. */
  title: string;
  patternShape: number[];
  known: boolean;
  corruption: string;
  floats: number;
  /** Whether it lies in the page's own folder. */
  served?: boolean;
}

export const entries = signal<readonly Entry[]>([]);
/** The one in use, once it is open. */
export const memory = signal<MemoryInfo | undefined>(undefined);
export const chosen = signal('');
export const patterns = signal<PatternSet | undefined>(undefined);
export const selected = signal(0);
export const query = signal<Query | undefined>(undefined);
export const useKnown = signal(true);
/** What storing `writtenFrom` made. */
export const written = signal<Written | undefined>(undefined);
export const writtenFrom = signal<PatternSet | undefined>(undefined);
export const trace = signal<Trace | undefined>(undefined);

/** Where in the trace: 0 is the query, whole numbers are iterates, between them the picture fades over. */
export const position = signal(0);
export const playing = signal(false);
/** Write step shown. */
export const writeStep = signal(0);

/** What is being computed, and what went wrong last. */
export const busy = signal<'' | 'opening' | 'storing' | 'recalling'>('');
export const problem = signal('');
/** Said to those who do not see the page. */
export const spoken = signal('');

export type Tool = 'noise' | 'erase' | 'ink' | 'known' | 'unknown';
export const tool = signal<Tool>('noise');
export const brush = signal(5);

/** The plane shown at first. */
export const USUAL_PLANE = ['query', 'end', 'other'] as const;
export const planePoints = signal<readonly [string, string, string]>(USUAL_PLANE);
export const energyMap = signal<EnergyMap | undefined>(undefined);
export const basins = signal<BasinMap | undefined>(undefined);
export const showBasins = signal(false);
export const mapping = signal(false);

export const rivalRecalls = signal<readonly RivalRecall[]>([]);
export const loadPoints = signal<readonly LoadPoint[]>([]);
export const measuring = signal(false);
export const load = signal(32);

export const curve = signal<readonly TrainingUpdate[]>([]);
export const training = signal(false);
/** The configuration of what `curve` is of. */
export const trainedWith = signal<unknown>(undefined);

export type Theme = 'system' | 'light' | 'dark';
export const theme = signal<Theme>('system');
/** Whether dark colours are in use, whatever made it so. */
export const dark = signal(false);
export const calm = signal(false);

/** The patterns differ from what is stored. */
export const stale = computed(() => patterns.value !== writtenFrom.value);

export const target = computed(() => {
  const set = patterns.value;
  if (!set) return undefined;
  const d = set.rows * set.columns;
  return set.values.subarray(selected.value * d, (selected.value + 1) * d);
});

/** Wrong bits of the query and of every iterate. */
export const wrong = computed(() => {
  const x = target.value;
  if (!x || !trace.value) return [];
  return trace.value.iterates.map((iterate) => wrongBits(iterate, x));
});

export const lastStep = computed(() => (trace.value ? trace.value.iterates.length - 1 : 0));

/** The pattern at `position`. */
export const shown = computed(() => {
  const t = trace.value;
  if (!t) return undefined;
  const k = Math.min(Math.floor(position.value), t.iterates.length - 1);
  const share = position.value - k;
  if (share === 0 || k + 1 >= t.iterates.length) return t.iterates[k];
  const [from, to] = [t.iterates[k], t.iterates[k + 1]];
  return from.map((v, i) => v + share * (to[i] - v));
});

/** The stored pattern, other than the one asked for, that is most like where recall ends. */
const nearestOther = computed(() => {
  const set = patterns.value;
  const end = trace.value?.iterates.at(-1);
  if (!set || !end || set.count < 2) return -1;
  const d = set.rows * set.columns;
  let best = -1;
  let fewest = Number.POSITIVE_INFINITY;
  for (let m = 0; m < set.count; m++) {
    const bits = wrongBits(set.values.subarray(m * d, (m + 1) * d), end);
    if (m !== selected.value && bits < fewest) [best, fewest] = [m, bits];
  }
  return best;
});

export interface NamedPoint {
  name: string;
  label: string;
  /** In [0, 1]. */
  values: Float32Array;
}

/** What a corner of the plane can be: by name, and for the three in use the points themselves. */
export function pointNamed(name: string): NamedPoint | undefined {
  const set = patterns.value;
  const t = trace.value;
  if (!set || !t) return undefined;
  const d = set.rows * set.columns;
  if (name === 'query') return { name, label: 'query', values: t.iterates[0] };
  if (name === 'end') return { name, label: 'recalled', values: t.iterates.at(-1)! };
  const index = name === 'other' ? nearestOther.value : Number(name) - 1;
  if (!Number.isInteger(index) || index < 0 || index >= set.count) return undefined;
  const label = index === selected.value ? 'asked for' : `stored ${index + 1}`;
  return { name, label, values: set.values.subarray(index * d, (index + 1) * d) };
}

/** Width over height of the map. */
export const ASPECT = 1.25;

/** The plane, the part of it that is shown, and the path of recall over it; or why there is none. */
export const view = computed(() => {
  const info = memory.value;
  const t = trace.value;
  const named = planePoints.value.map(pointNamed);
  if (!info || !t || named.some((point) => !point)) return undefined;
  const points = named as NamedPoint[];
  const [low, high] = info.range;
  const inside = (values: Float32Array) => values.map((v) => low + v * (high - low));
  const [a, b, c] = points.map(({ values }) => inside(values));
  const plane = planeThrough(a, b, c);
  if (!plane) return { points, plane: undefined };
  const path = t.iterates.map((x) => project(plane, inside(x)));
  const frame = frameAround([...plane.corners, ...path.map(({ u, v }) => [u, v] as const)], ASPECT);
  return { points, plane, path, frame };
});
