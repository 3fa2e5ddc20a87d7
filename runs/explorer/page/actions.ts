/** @file What a reader can do: choose, store, spoil, recall, play. Each function changes the state and starts what follows. */
import { batch } from '@preact/signals';
import { unpackBits } from './lab/bits.ts';
import type { MemoryFiles } from './lab/protocol.ts';
import { drawSet, gridOf, type PatternSet, type SourceKind, spoil } from './lab/sources.ts';
import * as s from './state.ts';
import { addFiles, bytes, json, lab, open } from './workers.ts';

let drawings: Promise<Float32Array> | undefined;

/** All drawings at hand, [n, 1024]. */
export function allDrawings(): Promise<Float32Array> {
  drawings ??= bytes(new URL('./assets/drawings.bin', import.meta.url).href, 'the drawings').then((b) =>
    unpackBits(b),
  );
  return drawings;
}

const message = (error: unknown) => (error instanceof Error ? error.message : String(error));

/** Runs a step; what goes wrong in it is shown. */
async function guarded(step: () => Promise<void>): Promise<void> {
  try {
    await step();
  } catch (error) {
    s.busy.value = '';
    s.problem.value = message(error);
  }
}

/** Counts the changes of what is stored and asked: answers to earlier ones are dropped. */
let stage = 0;

export async function loadEntries(): Promise<void> {
  const list = (await json('./memories/index.json', 'the list of memories')) as s.Entry[];
  s.entries.value = list.map((entry) => ({ ...entry, served: true }));
}

/** How many patterns to begin with: as many as the memory was trained to hold at once, so that the page is quick. */
const FIRST_COUNT: Record<SourceKind, number> = { drawings: 16, digits: 10, bits: 32, own: 1 };

const shapeOfKind = (kind: SourceKind) => (kind === 'bits' ? 1 : 3);
const entryOf = (id: string) => s.entries.value.find((entry) => entry.id === id);

/** Changes where patterns come from, and the memory where this one takes others. */
export async function chooseSource(kind: Exclude<SourceKind, 'own'>, seed = 1, count = FIRST_COUNT[kind]) {
  const now = entryOf(s.chosen.value);
  const fits = now && now.patternShape.length === shapeOfKind(kind);
  const entry = fits ? now : s.entries.value.find((e) => e.patternShape.length === shapeOfKind(kind));
  if (!entry) return;
  const set = drawSet(
    kind,
    entry.patternShape,
    count,
    seed,
    kind === 'drawings' ? await allDrawings() : NONE,
  );
  await begin(entry.id, set);
}

const NONE = new Float32Array(0);

/** Changes the memory, and the patterns where it takes others. */
export async function chooseMemory(id: string): Promise<void> {
  const entry = entryOf(id);
  if (!entry) return;
  const grid = gridOf(entry.patternShape);
  const set = s.patterns.value;
  if (set && set.rows === grid.rows && set.columns === grid.columns) return begin(id, set);
  const kind = entry.patternShape.length === 1 ? 'bits' : 'drawings';
  return withPatternsFor(id, kind);
}

/** Begins with a memory that takes other patterns than those shown. */
async function withPatternsFor(id: string, kind: 'bits' | 'drawings') {
  const entry = entryOf(id)!;
  const fits = kind === 'bits' || entry.patternShape.join() === '32,32,1';
  const set = fits
    ? drawSet(
        kind,
        entry.patternShape,
        FIRST_COUNT[kind],
        1,
        kind === 'drawings' ? await allDrawings() : NONE,
      )
    : drawSet('digits', entry.patternShape, FIRST_COUNT.digits, 1, NONE);
  await begin(id, set);
}

interface Beginning {
  selected?: number;
  query?: s.NamedPoint['values'];
  known?: Float32Array;
  useKnown?: boolean;
  step?: number;
}

/** Shows a set at once, then opens the memory, stores the set and recalls from the first query. */
export async function begin(id: string, set: PatternSet, from: Beginning = {}): Promise<void> {
  const mine = ++stage;
  const entry = entryOf(id);
  if (!entry) {
    s.problem.value = `there is no memory "${id}" here`;
    return;
  }
  const index = Math.min(from.selected ?? 0, set.count - 1);
  const d = set.rows * set.columns;
  const pattern = set.values.subarray(index * d, (index + 1) * d);
  const fresh = spoil(pattern, entry.corruption, entry.patternShape, index);
  batch(() => {
    s.problem.value = '';
    s.chosen.value = id;
    s.patterns.value = set;
    s.selected.value = index;
    s.useKnown.value = from.useKnown ?? entry.known;
    s.query.value =
      from.query && from.known && from.query.length >= d
        ? { values: from.query.slice(0, d), known: from.known.slice(0, d) }
        : fresh;
    s.trace.value = undefined;
    s.written.value = undefined;
    s.energyMap.value = undefined;
    s.basins.value = undefined;
    s.rivalRecalls.value = [];
    s.loadPoints.value = [];
    s.busy.value = 'opening';
    if (s.memory.value?.id !== id) s.memory.value = undefined;
  });
  await guarded(async () => {
    const info = await open('quick', id);
    if (mine !== stage) return;
    s.memory.value = info;
    await store(from.step);
  });
}

/** Stores the patterns that are shown, then recalls. */
export async function store(step?: number): Promise<void> {
  const set = s.patterns.value;
  const info = s.memory.value;
  if (!set || !info) return;
  const mine = ++stage;
  s.busy.value = 'storing';
  s.playing.value = false;
  await guarded(async () => {
    const { values, count, seed } = set;
    const written = await lab('quick').call('store', { memory: info.id, patterns: values, count, seed });
    if (mine !== stage) return;
    batch(() => {
      s.written.value = written;
      s.writtenFrom.value = set;
      s.writeStep.value = written.states.length - 1;
    });
    await recall(step);
  });
}

/** Recalls from the query; then plays, or shows `step`. */
export async function recall(step?: number): Promise<void> {
  const { memory, written, query, useKnown } = s;
  if (s.stale.value) return store(step);
  if (!memory.value || !written.value || !query.value) return;
  const mine = ++stage;
  s.busy.value = 'recalling';
  await guarded(async () => {
    const { values, known } = query.value!;
    const result = await lab('quick').call('recall', {
      memory: memory.value!.id,
      state: written.value!.states.at(-1)!,
      query: values,
      known: useKnown.value ? known : undefined,
    });
    if (mine !== stage) return;
    batch(() => {
      s.trace.value = result;
      s.busy.value = '';
      const last = result.iterates.length - 1;
      s.position.value = step === undefined ? (s.calm.value ? last : 0) : Math.min(step, last);
      s.playing.value = step === undefined && !s.calm.value;
      s.rivalRecalls.value = [];
    });
    say();
  });
}

function say(): void {
  const bits = s.wrong.value;
  if (bits.length === 0) return;
  s.spoken.value = `Recalled in ${bits.length - 1} steps: ${bits[0]} wrong bits in the query, ${bits.at(-1)} at the end, of ${s.target.value!.length}.`;
}

/** Asks for another of the stored patterns. */
export async function select(index: number): Promise<void> {
  const set = s.patterns.value;
  const entry = entryOf(s.chosen.value);
  if (!set || !entry || index < 0 || index >= set.count) return;
  s.selected.value = index;
  await respoil(index);
}

/** The pattern asked for, spoilt afresh as the memory was trained. */
export async function respoil(seed: number): Promise<void> {
  const entry = entryOf(s.chosen.value);
  if (!entry || !s.target.value) return;
  s.query.value = spoil(s.target.value, entry.corruption, entry.patternShape, seed);
  await recall();
}

/** The query is the pattern itself again. */
export async function unspoil(): Promise<void> {
  const pattern = s.target.value;
  if (!pattern) return;
  s.query.value = { values: pattern.slice(), known: new Float32Array(pattern.length).fill(1) };
  await recall();
}

/** Other patterns, of the same kind and number or another number. */
export async function redraw(change: { seed?: number; count?: number }): Promise<void> {
  const set = s.patterns.value;
  const entry = entryOf(s.chosen.value);
  if (!set || !entry || set.kind === 'own') return;
  const { seed = set.seed, count = set.count } = change;
  await begin(entry.id, drawSet(set.kind, entry.patternShape, count, seed, await allDrawings()), {
    selected: s.selected.value,
    useKnown: s.useKnown.value,
  });
}

/** Puts patterns of one's own in place of those shown, not stored yet. */
export function replacePatterns(set: PatternSet, index = s.selected.value): void {
  batch(() => {
    s.patterns.value = set;
    s.selected.value = Math.min(index, set.count - 1);
    s.trace.value = undefined;
    s.playing.value = false;
  });
}

export async function setKnown(use: boolean): Promise<void> {
  s.useKnown.value = use;
  await recall();
}

export function scrub(to: number): void {
  s.playing.value = false;
  s.position.value = Math.min(s.lastStep.value, Math.max(0, to));
}

export function play(): void {
  if (!s.trace.value) return;
  if (s.position.value >= s.lastStep.value) s.position.value = 0;
  s.playing.value = true;
}

/** A memory that was dropped or trained here: it joins the list and is used. */
export async function useFiles(memory: MemoryFiles, title: string): Promise<void> {
  addFiles(memory);
  await guarded(async () => {
    const info = await open('quick', memory.id);
    const { id, patternShape, known, corruption, floats } = info;
    const entry = { id, title, patternShape, known, corruption, floats };
    s.entries.value = [...s.entries.value.filter((e) => e.id !== id), entry];
    s.memory.value = undefined;
    await chooseMemory(id);
  });
}
