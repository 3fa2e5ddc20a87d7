/** @file Patterns of one's own: drawn by hand, or from files. */
import { signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { redraw } from '../actions.ts';
import { addOwn, takeFiles } from '../files.ts';
import { patterns } from '../state.ts';
import { Icon } from './icons.tsx';
import { Surface, touched } from './surface.tsx';

/** What is being drawn, in [0, 1]; undefined while the sheet is closed. */
const sheet = signal<Float32Array | undefined>(undefined);
const erasing = signal(false);

export function Own() {
  const picker = useRef<HTMLInputElement>(null);
  const set = patterns.value;
  if (!set) return null;
  return (
    <div class="row own">
      {set.kind !== 'own' && (
        <button type="button" class="quiet" onClick={() => redraw({ seed: set.seed + 1 })}>
          <Icon name="again" /> Others
        </button>
      )}
      <button
        type="button"
        class="quiet"
        aria-label="Draw a pattern"
        onClick={() => {
          erasing.value = false;
          sheet.value = new Float32Array(set.rows * set.columns);
        }}
      >
        <Icon name="draw" /> Draw
      </button>
      <button
        type="button"
        class="quiet"
        aria-label="Open files"
        title="Pictures or .npy for patterns; .safetensors (with its config.json) for a memory. Dropping them anywhere does the same."
        onClick={() => picker.current?.click()}
      >
        <Icon name="drop" /> Open
      </button>
      <input
        ref={picker}
        type="file"
        multiple
        hidden
        aria-label="Files"
        accept=".npy,.safetensors,.json,image/*"
        onChange={(event) => {
          const input = event.currentTarget;
          void takeFiles(Array.from(input.files ?? [])).then(() => {
            input.value = '';
          });
        }}
      />
      {sheet.value && <Sheet rows={set.rows} columns={set.columns} />}
    </div>
  );
}

function Sheet({ rows, columns }: { rows: number; columns: number }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  const close = () => {
    sheet.value = undefined;
  };
  const empty = !sheet.value?.some((v) => v > 0.5);
  return (
    <dialog ref={dialog} class="sheet" aria-labelledby="sheet" onClose={close}>
      <h2 id="sheet">Draw a pattern</h2>
      <Surface
        rows={rows}
        columns={columns}
        label="An empty pattern"
        drawn={() => sheet.value && { rows, columns, values: sheet.value }}
        paint={(places) => {
          if (!sheet.value) return;
          const next = sheet.value.slice();
          const reach = columns > 20 ? (erasing.value ? 1.8 : 1.1) : 0.3;
          for (const i of touched(places, reach, rows, columns)) next[i] = Number(!erasing.value);
          sheet.value = next;
        }}
      />
      <div class="row">
        <div class="segmented">
          <button type="button" aria-pressed={!erasing.value} onClick={() => set(false)}>
            Pen
          </button>
          <button type="button" aria-pressed={erasing.value} onClick={() => set(true)}>
            Eraser
          </button>
        </div>
        <button type="button" class="quiet" onClick={close}>
          Cancel
        </button>
        <button
          type="button"
          class="primary"
          disabled={empty}
          onClick={() => {
            if (sheet.value) addOwn([sheet.value], true);
            close();
          }}
        >
          Store it with the others
        </button>
      </div>
    </dialog>
  );
}

function set(erase: boolean): void {
  erasing.value = erase;
}
