/** @file Starts the page: theme, clock, the state in the address, and what is shown first. */
import { effect } from '@preact/signals';
import { render } from 'preact';
import { loadEntries } from './actions.ts';
import { followAddress } from './history.ts';
import * as s from './state.ts';
import './style.css';
import { App } from './view/app.tsx';

/** Steps of recall a second while playing, so that a whole recall takes about as long whatever its steps. */
const playTime = () => 2.4 + 0.06 * s.lastStep.value;

function followTheme(): void {
  const system = matchMedia('(prefers-color-scheme: dark)');
  const still = matchMedia('(prefers-reduced-motion: reduce)');
  const update = () => {
    s.dark.value = s.theme.value === 'system' ? system.matches : s.theme.value === 'dark';
    s.calm.value = still.matches;
    document.documentElement.dataset.theme = s.dark.value ? 'dark' : 'light';
  };
  effect(update);
  system.addEventListener('change', update);
  still.addEventListener('change', update);
}

/** Moves the play head while playing: smoothly, or where motion is unwelcome a step at a time. */
function startClock(): void {
  let before = 0;
  effect(() => {
    if (!s.playing.value) return;
    before = performance.now();
    requestAnimationFrame(frame);
  });
  function frame(now: number): void {
    if (!s.playing.peek()) return;
    const last = s.lastStep.peek();
    // A frame may begin before what started it.
    const by = (Math.max(0, now - before) / 1000) * (last / playTime());
    if (!s.calm.peek() || by >= 1) {
      before = now;
      const to = s.position.peek() + (s.calm.peek() ? 1 : by);
      s.position.value = Math.min(last, to);
      if (to >= last) s.playing.value = false;
    }
    requestAnimationFrame(frame);
  }
}

async function first(): Promise<void> {
  try {
    await loadEntries();
    await followAddress();
  } catch (error) {
    s.problem.value = error instanceof Error ? error.message : String(error);
  }
}

/** What the page shows, as signals: for tests, and for whoever opens the console. */
Object.assign(globalThis, { ebmmExplorer: s });

followTheme();
startClock();
render(<App />, document.getElementById('app')!);
void first();
