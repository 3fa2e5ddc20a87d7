/** @file Train it: the demo memory meta-trained from nothing, here, and used at once. */
import { batch } from '@preact/signals';
import { useState } from 'preact/hooks';
import { useFiles } from '../actions.ts';
import { save as saveFile } from '../figure.ts';
import * as s from '../state.ts';
import { lab } from '../workers.ts';
import { Chart } from './chart.tsx';
import { Slider } from './slider.tsx';
import { plural, time } from './words.ts';

export const TRAINED = 'trained-here';

/** The demo preset's memory, smaller: what a browser meta-trains in a few minutes. */
export const trainingConfig = (steps: number, patterns: number, width = 8) => ({
  task: { name: 'binary', dimension: 128 },
  corruption: 'resample:64',
  network: { name: 'hopfield-site', width },
  write: { steps: 5, rate: 0.127, divisor: 64 },
  read: { steps: 5, rate: 1.3 },
  training: { steps, episodes: 2, patterns, learning_rate: 0.01, warmup: 5, clip: 1 },
  seed: 0,
});

let control = new AbortController();

async function train(config: unknown): Promise<void> {
  control.abort();
  const mine = new AbortController();
  control = mine;
  batch(() => {
    s.training.value = true;
    s.curve.value = [];
    s.trainedWith.value = config;
    s.problem.value = '';
  });
  try {
    for await (const update of lab('train').stream('train', { config }, mine.signal)) {
      s.curve.value = [...s.curve.value, update];
    }
  } catch (error) {
    s.problem.value = error instanceof Error ? error.message : String(error);
  }
  if (control === mine) s.training.value = false;
}

async function use(): Promise<void> {
  try {
    const files = await lab('train').call('trained', { id: TRAINED });
    await useFiles(files, `Trained here, ${plural(s.curve.value.length, 'update')}`);
    document.getElementById('try')?.scrollIntoView({ behavior: s.calm.value ? 'auto' : 'smooth' });
  } catch (error) {
    s.problem.value = error instanceof Error ? error.message : String(error);
  }
}

async function save(): Promise<void> {
  const { weights } = await lab('train').call('trained', { id: TRAINED });
  saveFile(new Blob([weights as BlobPart]), 'trained-here.safetensors');
}

export function Training() {
  const [steps, setSteps] = useState(120);
  const [patterns, setPatterns] = useState(64);
  const updates = s.curve.value;
  const last = updates.at(-1);
  const recent = updates.slice(-20);
  const rate = recent.length / recent.reduce((sum, { milliseconds }) => sum + milliseconds / 1000, 0);
  const left = last ? ((last.steps - last.step) / rate) * 1000 : 0;
  return (
    <section class="card training" aria-labelledby="train">
      <header>
        <h2 id="train">Train one from nothing</h2>
        <p class="aside">in this page, in a worker</p>
      </header>
      <p>
        A fresh network stores {patterns} random patterns in five steps, recalls them in five, and is
        corrected by what comes back wrong, again and again. Every update differentiates through all of it.
      </p>
      <div class="row">
        <Slider
          label="Patterns at once"
          min={8}
          max={64}
          step={8}
          value={patterns}
          disabled={s.training.value}
          moving={setPatterns}
        >
          {patterns}
        </Slider>
        <Slider
          label="Updates"
          min={20}
          max={400}
          step={20}
          value={steps}
          disabled={s.training.value}
          moving={setSteps}
        >
          {steps}
        </Slider>
      </div>
      <div class="row">
        <button
          type="button"
          class={s.training.value ? '' : 'primary'}
          onClick={() => {
            if (s.training.value) {
              control.abort();
              s.training.value = false;
            } else void train(trainingConfig(steps, patterns));
          }}
        >
          {s.training.value ? 'Stop' : updates.length > 0 ? 'Train again' : 'Train'}
        </button>
        <button type="button" disabled={updates.length === 0} onClick={use}>
          Use this memory
        </button>
        <button type="button" class="quiet" disabled={updates.length === 0} onClick={save}>
          Save .safetensors
        </button>
        <p class="note" aria-live="off">
          {last &&
            `update ${last.step} of ${last.steps}, ${rate.toPrecision(2)} a second${s.training.value ? `, ${time(left)} left` : ''}`}
        </p>
      </div>
      {updates.length > 1 && (
        <Chart
          height={300}
          series={[
            {
              name: 'query',
              tone: 'tone-muted',
              points: updates.map((u) => [u.step, u.queryError] as const),
              mark: 'thin',
            },
            {
              name: 'each update',
              tone: 'tone-wrong',
              points: updates.map((u) => [u.step, u.error] as const),
              mark: 'thin',
            },
            {
              name: 'moving mean',
              tone: 'tone-energy',
              points: updates.map((u) => [u.step, u.errorAverage] as const),
            },
          ]}
          x={{ label: 'update', domain: [1, last!.steps] }}
          y={{ label: 'wrong bits', domain: [0, 36], scale: 'root' }}
          description={`After ${last!.step} updates ${last!.errorAverage.toFixed(2)} wrong bits a pattern on average; a query has ${last!.queryError.toFixed(0)}.`}
        />
      )}
      {updates.length > 1 && (
        <ul class="keys">
          <li class="key tone-energy">
            wrong bits after recall, moving mean: {last!.errorAverage.toFixed(2)}
          </li>
          <li class="key tone-wrong">each update</li>
          <li class="key tone-muted">in the query</li>
        </ul>
      )}
    </section>
  );
}
