/** @file Energies of the points of a plane, and where descent from them ends: coarse first, then finer. */
import { fromRange } from '../../../../meta/units.ts';
import type { LearnedMemory } from '../../../../src/memory/learned-memory.ts';
import type { Turn } from './channel.ts';
import { pointAt } from './geometry.ts';
import type { BasinMap, EnergyMap, Streams } from './protocol.ts';

/** Points in one call of the engine. */
const BATCH = 128;
/** Columns of the first grid. */
const COARSEST = 20;

type Question<F> = F extends (question: infer Q) => unknown ? Q : never;

/** Milliseconds that a grid may take, from what the one before it took. */
const PATIENCE = 3000;

/** Grids of twice as many columns each, up to `finest`, as long as they are quick. */
export async function* energyMaps(
  memory: LearnedMemory,
  { state, plane, frame, finest }: Question<Streams['energies']>,
  turn: Turn,
): AsyncGenerator<EnergyMap> {
  const d = plane.origin.length;
  const batch = new Float32Array(BATCH * d);
  for (let columns = Math.min(COARSEST, finest); columns <= finest; columns *= 2) {
    const started = performance.now();
    const rows = Math.max(1, Math.round((columns * frame.height) / frame.width));
    const energies = new Float32Array(columns * rows);
    for (let first = 0; first < energies.length; first += BATCH) {
      const count = Math.min(BATCH, energies.length - first);
      for (let n = 0; n < count; n++) {
        const [column, row] = [(first + n) % columns, Math.floor((first + n) / columns)];
        const u = frame.u + ((column + 0.5) / columns) * frame.width;
        const v = frame.v + ((row + 0.5) / rows) * frame.height;
        pointAt(plane, u, v, batch.subarray(n * d, (n + 1) * d));
      }
      const values = await memory.energies(state, batch, 1, BATCH);
      energies.set(values.subarray(0, count), first);
      await turn.breathe();
      if (turn.cancelled) return;
    }
    const last = columns * 2 > finest || 4 * (performance.now() - started) > PATIENCE;
    yield { columns, rows, energies, last };
    if (last) return;
  }
}

/** Share of wrong entries up to which a point counts as having reached a pattern. */
const REACHED = 0.03;

/**
 * Reads from every point of a grid, cut to the memory's range, with nothing held, and says which stored pattern it ends at.
 */
export async function* basinMaps(
  memory: LearnedMemory,
  q: Question<Streams['basins']>,
  turn: Turn,
): AsyncGenerator<BasinMap> {
  const { state, plane, frame, columns, rows, patterns, count } = q;
  const d = plane.origin.length;
  const [low, high] = memory.range;
  const reached = new Int16Array(columns * rows).fill(-2);
  const starts = new Float32Array(BATCH * d);
  for (let first = 0; first < reached.length; first += BATCH) {
    const here = Math.min(BATCH, reached.length - first);
    for (let n = 0; n < here; n++) {
      const [column, row] = [(first + n) % columns, Math.floor((first + n) / columns)];
      const start = starts.subarray(n * d, (n + 1) * d);
      const u = frame.u + ((column + 0.5) / columns) * frame.width;
      const v = frame.v + ((row + 0.5) / rows) * frame.height;
      pointAt(plane, u, v, start);
      for (let i = 0; i < d; i++) start[i] = Math.min(high, Math.max(low, start[i]));
    }
    const { iterates } = await memory.read(state, starts, 1, BATCH);
    const ends = fromRange(iterates[0], memory.range);
    for (let n = 0; n < here; n++) {
      reached[first + n] = nearest(ends.subarray(n * d, (n + 1) * d), patterns, count, REACHED * d);
    }
    yield { columns, rows, reached: reached.slice(), done: Math.floor((first + here) / columns) };
    if (turn.cancelled) return;
  }
}

/** The pattern with the fewest entries on the other side of 0.5, or -1 where even it has more than `limit`. */
export function nearest(x: Float32Array, patterns: Float32Array, count: number, limit: number): number {
  const d = x.length;
  let best = -1;
  let fewest = Math.floor(limit) + 1;
  for (let m = 0; m < count; m++) {
    let wrong = 0;
    for (let i = 0; i < d && wrong < fewest; i++) wrong += Number(x[i] > 0.5 !== patterns[m * d + i] > 0.5);
    if (wrong < fewest) [best, fewest] = [m, wrong];
  }
  return best;
}
