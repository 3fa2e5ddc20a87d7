/** @file Keeps the address in step with the page, so that it can be shared, and back and forward undo and redo. */
import { batch, effect } from '@preact/signals';
import { allDrawings, begin, chooseSource } from './actions.ts';
import { fromAddress, type Shared, toAddress } from './address.ts';
import { drawSet, gridOf, type PatternSet, spoil } from './lab/sources.ts';
import * as s from './state.ts';

/** What the page shows now, as it would be shared. */
export function sharedState(): Shared | undefined {
  const [set, q, entry] = [
    s.patterns.value,
    s.query.value,
    s.entries.value.find(({ id }) => id === s.chosen.value),
  ];
  const pattern = s.target.value;
  if (!set || !q || !entry || !pattern) return undefined;
  const usual = spoil(pattern, entry.corruption, entry.patternShape, s.selected.value);
  const same = (a: Float32Array, b: Float32Array) => a.every((v, i) => v === b[i]);
  const isUsual = same(usual.values, q.values) && same(usual.known, q.known);
  const plane = s.planePoints.value;
  const step = Math.round(s.position.value);
  return {
    memory: entry.id,
    source: set.kind,
    seed: set.seed,
    count: set.count,
    selected: s.selected.value,
    useKnown: s.useKnown.value,
    step: s.playing.value || step >= s.lastStep.value ? undefined : step,
    plane: plane.join('.') === s.USUAL_PLANE.join('.') ? undefined : [...plane],
    basins: s.showBasins.value || undefined,
    query: isUsual ? undefined : q,
    own: set.kind === 'own' ? set : undefined,
  };
}

/** Brings a shared state back; `step` Infinity shows the end without playing. */
async function restore(shared: Shared, step = shared.step): Promise<void> {
  const entry = s.entries.value.find(({ id }) => id === shared.memory);
  if (!entry) {
    await chooseSource('drawings');
    s.problem.value = `this address is of the memory "${shared.memory}", which is not here; drop its .safetensors file with its config.json`;
    return;
  }
  const grid = gridOf(entry.patternShape);
  let set: PatternSet;
  if (shared.source === 'own') {
    const { own, count } = shared;
    if (!own || own.rows !== grid.rows || own.columns !== grid.columns) return chooseSource('drawings');
    set = { kind: 'own', seed: 0, count, ...own };
  } else {
    const drawings = shared.source === 'drawings' ? await allDrawings() : new Float32Array(0);
    set = drawSet(shared.source, entry.patternShape, shared.count, shared.seed, drawings);
  }
  batch(() => {
    const [a = 'query', b = 'end', c = 'other'] = shared.plane ?? [];
    s.planePoints.value = [a, b, c];
    s.showBasins.value = shared.basins ?? false;
  });
  const { selected, useKnown, query } = shared;
  await begin(entry.id, set, { selected, useKnown, step, query: query?.values, known: query?.known });
}

/** Milliseconds that the page must be still before its address follows. */
const STILL = 300;

/** Shows what the address says, or what the page begins with, and follows from then on. */
export async function followAddress(): Promise<void> {
  const shared = fromAddress(location.hash);
  const follow = () => {
    let timer = 0;
    let major = '';
    effect(() => {
      const state = s.trace.value && s.busy.value === '' && !s.stale.value ? sharedState() : undefined;
      clearTimeout(timer);
      if (!state) return;
      timer = setTimeout(() => {
        const address = toAddress(state);
        // Scrubbing, planes and basins change the address, but are no step to go back to.
        const now = toAddress({ ...state, step: undefined, plane: undefined, basins: undefined });
        if (address === location.hash) major = now;
        else if (major === '' || major === now) history.replaceState(null, '', address);
        else history.pushState(null, '', address);
        major = now;
      }, STILL) as unknown as number;
    });
    addEventListener('popstate', () => {
      const back = fromAddress(location.hash);
      if (back) void restore(back, back.step ?? Number.POSITIVE_INFINITY);
    });
  };
  if (shared) await restore(shared);
  else await chooseSource('drawings');
  follow();
}
