/** @file The write: gradient steps on the weights, seen as a picture, and what they do to energies. */
import { useSignalEffect } from '@preact/signals';
import { useRef } from 'preact/hooks';
import * as s from '../state.ts';
import { Chart } from './chart.tsx';
import { mix, palette, type Rgb } from './palette.ts';
import { plural } from './words.ts';

export function Writing() {
  const { written, memory } = s;
  const info = memory.value;
  const w = written.value;
  if (!info) return null;
  const steps = info.writeSteps;
  const wide = info.writable.every(({ shape }) => (shape.at(-1) ?? 1) >= 3 * (shape.at(-2) ?? 1));
  return (
    <section class="card writing" aria-labelledby="writing">
      <header>
        <h2 id="writing">How it was written</h2>
        <p class="aside">
          {plural(steps, 'gradient step')} on {info.floats.toLocaleString('en')} numbers
        </p>
      </header>
      <p>
        Storing is learning, quickly: each step moves the writable weights so that the energy of all the
        patterns sinks at once. The steps themselves were learned beforehand, so a few are enough.
      </p>
      <label class="scrubber">
        <span class="step">
          write step {s.writeStep.value} of {steps}
        </span>
        <input
          type="range"
          min="0"
          max={steps}
          value={s.writeStep.value}
          disabled={!w}
          onInput={(event) => {
            s.writeStep.value = Number(event.currentTarget.value);
          }}
        />
      </label>
      <div class={wide ? 'stacked' : 'two'}>
        <figure>
          <Weights />
          <figcaption>
            {info.writable.map(({ name, shape }) => `${name} (${shape.join(' × ')})`).join(', ')}: what has
            been added to the initial weights, orange above zero and blue below
          </figcaption>
        </figure>
        {w && w.stored.length > 0 && (
          <figure>
            <Energies />
            <figcaption>
              <span class="key tone-energy">stored patterns</span> and{' '}
              <span class="key tone-wrong">spoilt ones</span>: mean energy, and from the lowest to the highest
            </figcaption>
          </figure>
        )}
      </div>
    </section>
  );
}

function Energies() {
  const w = s.written.value!;
  const line = (all: Float32Array[]) =>
    all.map((e, t) => [t, e.reduce((a, b) => a + b, 0) / e.length] as const);
  const band = (all: Float32Array[]) => all.map((e) => [Math.min(...e), Math.max(...e)] as const);
  const steps = w.stored.length - 1;
  const [stored, spoilt] = [line(w.stored), line(w.spoilt)];
  const gap = spoilt[steps][1] - stored[steps][1];
  return (
    <Chart
      height={280}
      series={[
        { name: 'spoilt', tone: 'tone-wrong', points: spoilt, band: band(w.spoilt) },
        { name: 'stored', tone: 'tone-energy', points: stored, band: band(w.stored) },
      ]}
      x={{ label: 'write step', domain: [0, steps], ticks: wholeTicks(steps) }}
      y={{ label: 'energy' }}
      head={s.writeStep.value}
      onScrub={(x) => {
        s.writeStep.value = Math.min(steps, Math.max(0, Math.round(x)));
      }}
      description={`Mean energy of stored patterns goes from ${stored[0][1].toFixed(0)} to ${stored[steps][1].toFixed(0)}, of spoilt ones from ${spoilt[0][1].toFixed(0)} to ${spoilt[steps][1].toFixed(0)}: ${gap.toFixed(0)} apart.`}
    />
  );
}

/** Every step, or every third. */
const wholeTicks = (steps: number) =>
  Array.from({ length: steps + 1 }, (_, t) => t).filter((t) => steps <= 10 || t % 3 === 0);

/** All writable tensors one above the other, as what writing has added; each scaled by its own largest change. */
function Weights() {
  const canvas = useRef<HTMLCanvasElement>(null);
  useSignalEffect(() => {
    const [w, info, colours] = [s.written.value, s.memory.value, palette.value];
    const at = canvas.current;
    if (!at || !w || !info) return;
    const t = Math.min(s.writeStep.value, w.states.length - 1);
    const parts = info.writable.map(({ name, shape }) => {
      const columns = shape.at(-1) ?? 1;
      const first = w.states[0][name];
      const last = w.states.at(-1)![name];
      let most = 0;
      for (let i = 0; i < last.length; i++) most = Math.max(most, Math.abs(last[i] - first[i]));
      // Only the symmetric part of a square W acts in a Hopfield energy; shown is the mean of entry and mirror image.
      return { columns, rows: last.length / columns, first, now: w.states[t][name], most: most || 1 };
    });
    const width = Math.max(...parts.map(({ columns }) => columns));
    const height = parts.reduce((sum, { rows }) => sum + rows + 2, -2);
    [at.width, at.height] = [width, height];
    const context = at.getContext('2d')!;
    const image = context.createImageData(width, height);
    let top = 0;
    for (const { columns, rows, first, now, most } of parts) {
      for (let i = 0; i < now.length; i++) {
        const change = Math.max(-1, Math.min(1, ((now[i] - first[i]) / most) * 1.6));
        const colour: Rgb = mix(
          colours.zero,
          change > 0 ? colours.plus : colours.minus,
          Math.abs(change) ** 0.7,
        );
        const pixel = (top + Math.floor(i / columns)) * width + (i % columns);
        image.data.set([...colour, 255], 4 * pixel);
      }
      top += rows + 2;
    }
    context.putImageData(image, 0, 0);
  });
  return <canvas ref={canvas} class="weights" role="img" aria-label="The writable weights as a picture" />;
}
