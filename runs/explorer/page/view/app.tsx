/** @file The page: head, workbench, and the parts that explain it. */
import { chooseMemory } from '../actions.ts';
import * as s from '../state.ts';
import { Compare } from './compare.tsx';
import { Drop } from './drop.tsx';
import { Icon } from './icons.tsx';
import { Landscape } from './landscape.tsx';
import { Share } from './share.tsx';
import { Symbols } from './symbols.tsx';
import { Training } from './training.tsx';
import { Shelf, Stage } from './workbench.tsx';
import { Writing } from './writing.tsx';

export function App() {
  return (
    <>
      <a class="skip" href="#try">
        To the memory
      </a>
      <Head />
      <Drop />
      <main>
        <div class="lead">
          <h1>Watch a memory fall into place</h1>
          <p>
            Storing a pattern digs a valley in a landscape of energy. Recalling is rolling downhill: spoil a
            pattern, let go, and see where it lands. Everything here is computed in this page.
          </p>
        </div>
        {s.problem.value && (
          <div class="problem" role="alert">
            <p>{s.problem.value}</p>
            <button
              type="button"
              class="quiet"
              onClick={() => {
                s.problem.value = '';
              }}
            >
              Dismiss
            </button>
          </div>
        )}
        <div id="try" class="bench">
          <Shelf />
          <Stage />
          <Landscape />
        </div>
        <Writing />
        <Compare />
        <Training />
        <Symbols />
      </main>
      <footer>
        <p>
          ebmm, learned associative memory in TypeScript. MIT licence. Drawings: Omniglot (Lake, Salakhutdinov
          and Tenenbaum 2015, MIT licence), of alphabets that the memories were not trained on.
        </p>
        <p class="note">{s.memory.value && `Engine: ${s.memory.value.engine}`}</p>
      </footer>
      <p class="spoken" role="status">
        {s.spoken.value}
      </p>
    </>
  );
}

function Head() {
  return (
    <header class="head-bar">
      <a class="brand" href="./">
        ebmm <span>recall explorer</span>
      </a>
      <label class="memory">
        <span>Memory</span>
        <select
          class="memory-choice"
          aria-label="Memory"
          value={s.chosen.value}
          onChange={(event) => chooseMemory(event.currentTarget.value)}
        >
          {s.entries.value.map(({ id, title }) => (
            <option key={id} value={id}>
              {title}
            </option>
          ))}
        </select>
      </label>
      <Share />
      <button
        type="button"
        class="quiet"
        aria-label={s.dark.value ? 'Light colours' : 'Dark colours'}
        onClick={() => {
          s.theme.value = s.dark.value ? 'light' : 'dark';
        }}
      >
        <Icon name={s.dark.value ? 'sun' : 'moon'} />
      </button>
    </header>
  );
}
