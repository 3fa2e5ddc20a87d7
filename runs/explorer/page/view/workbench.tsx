/** @file Try it: stored patterns, a query to spoil, and recall, step by step. */
import { useComputed } from '@preact/signals';
import * as act from '../actions.ts';
import type { SourceKind } from '../lab/sources.ts';
import * as s from '../state.ts';
import { Brush } from './brush.tsx';
import { Chart } from './chart.tsx';
import { Icon, type IconName } from './icons.tsx';
import { Own } from './own.tsx';
import { Slider } from './slider.tsx';
import { Tile } from './tile.tsx';
import { count, plural, time } from './words.ts';

const SOURCES: readonly [Exclude<SourceKind, 'own'>, string][] = [
  ['drawings', 'Drawings'],
  ['digits', 'Digits'],
  ['bits', 'Random bits'],
];

const MOST: Record<SourceKind, number> = { drawings: 64, digits: 32, bits: 128, own: 512 };

export function Shelf() {
  const set = s.patterns.value;
  if (!set) return null;
  const d = set.rows * set.columns;
  return (
    <section class="card shelf" aria-labelledby="stored">
      <header>
        <span class="number">1</span>
        <h2 id="stored">Store</h2>
        <p class="aside">
          {plural(set.count, 'pattern')} of {d.toLocaleString('en')} bits
        </p>
      </header>
      <fieldset class="segmented" aria-label="Where patterns come from">
        {SOURCES.map(([kind, title]) => (
          <button
            key={kind}
            type="button"
            aria-pressed={set.kind === kind}
            onClick={() => act.chooseSource(kind)}
          >
            {title}
          </button>
        ))}
      </fieldset>
      <ul class={`patterns ${set.columns > set.rows ? 'wide' : ''}`}>
        {Array.from({ length: set.count }, (_, n) => (
          <li key={`${set.seed} ${n}`}>
            <button
              type="button"
              aria-pressed={s.selected.value === n}
              aria-label={`Ask for pattern ${n + 1}`}
              onClick={() => act.select(n)}
            >
              <Tile
                label={`Pattern ${n + 1}`}
                cell={set.columns > 20 ? 2 : 5}
                drawn={() => {
                  const now = s.patterns.value;
                  if (!now || n >= now.count) return undefined;
                  const size = now.rows * now.columns;
                  return { ...now, values: now.values.subarray(n * size, (n + 1) * size) };
                }}
              />
            </button>
          </li>
        ))}
      </ul>
      {set.kind !== 'own' && (
        <div class="row">
          <Slider
            label="How many"
            min={1}
            max={MOST[set.kind]}
            value={set.count}
            set={(count) => act.redraw({ count })}
          >
            {set.count}
          </Slider>
        </div>
      )}
      <Own />
      <div class="row">
        <button
          type="button"
          class="primary"
          disabled={!s.memory.value || s.busy.value === 'storing'}
          onClick={() => act.store()}
        >
          {s.busy.value === 'storing' ? 'Storing …' : s.stale.value ? 'Store' : 'Store again'}
        </button>
        <p class="note" aria-live="polite">
          <Stored />
        </p>
      </div>
    </section>
  );
}

function Stored() {
  const { written, memory, stale, busy } = s;
  if (busy.value === 'opening') return <>Loading the memory …</>;
  if (busy.value === 'storing')
    return <>Writing in {plural(memory.value?.writeSteps ?? 0, 'gradient step')} …</>;
  if (!written.value || !memory.value) return null;
  if (stale.value) return <>Not stored yet.</>;
  return (
    <>
      Written in {plural(memory.value.writeSteps, 'step')}, {time(written.value.milliseconds)}
    </>
  );
}

const TOOLS: readonly [s.Tool, IconName, string, string][] = [
  ['noise', 'noise', 'Noise', 'redraws entries at random; recall is not told what they were'],
  ['erase', 'erase', 'Erase', 'blanks entries; recall is not told what they were'],
  ['ink', 'ink', 'Ink', 'paints ink'],
  ['known', 'known', 'Restore', 'puts back what was stored, and marks it as known'],
  ['unknown', 'unknown', 'Doubt', 'leaves the value, but marks it as not known'],
];

export function Stage() {
  const set = s.patterns.value;
  if (!set) return null;
  return (
    <section class={`card stage ${set.columns > set.rows ? 'wide' : ''}`} aria-labelledby="spoil">
      <header>
        <span class="number">2</span>
        <h2 id="spoil">Spoil and recall</h2>
        <label class="switch">
          <input
            type="checkbox"
            checked={s.useKnown.value}
            onChange={(event) => act.setKnown(event.currentTarget.checked)}
          />
          <span>Recall knows which bits are right</span>
        </label>
      </header>
      <div class="pair">
        <figure>
          <Brush />
          <figcaption>
            <b>Query</b> <WrongAt step={0} />
          </figcaption>
        </figure>
        <figure>
          <div class="recalled">
            <Tile
              label="What recall has made of the query"
              class="big"
              cell={16}
              drawn={() => {
                const now = s.patterns.value;
                const values = s.shown.value ?? s.query.value?.values;
                return (
                  now && values && { rows: now.rows, columns: now.columns, values, target: s.target.value }
                );
              }}
            />
          </div>
          <figcaption>
            <b>Recalled</b> <WrongNow />
          </figcaption>
        </figure>
      </div>
      <fieldset class="tools" aria-label="Brush">
        {TOOLS.map(([name, icon, title, help]) => (
          <button
            key={name}
            type="button"
            title={`${title}: ${help}`}
            aria-pressed={s.tool.value === name}
            onClick={() => {
              s.tool.value = name;
            }}
          >
            <Icon name={icon} />
            <span>{title}</span>
          </button>
        ))}
        <Slider
          class="short"
          label="Size"
          min={1}
          max={12}
          value={s.brush.value}
          moving={(size) => {
            s.brush.value = size;
          }}
        />
        <button
          type="button"
          class="quiet"
          onClick={() => act.respoil(Math.floor(s.position.value) + ++again)}
        >
          <Icon name="again" /> Spoil
        </button>
        <button type="button" class="quiet" onClick={() => act.unspoil()}>
          Clean
        </button>
      </fieldset>
      <Timeline />
    </section>
  );
}

let again = 100;

function WrongAt({ step }: { step: number }) {
  const bits = s.wrong.value[step];
  return <span class={bits ? 'bad' : 'good'}>{bits === undefined ? '' : count(bits)}</span>;
}

function WrongNow() {
  const step = useComputed(() => Math.round(s.position.value));
  return <WrongAt step={step.value} />;
}

export function Timeline() {
  const t = s.trace.value;
  const last = s.lastStep.value;
  if (!t) {
    return (
      <div class="timeline empty">
        {s.stale.value && s.busy.value === '' ? 'Store first.' : 'Computing …'}
      </div>
    );
  }
  const bits = s.wrong.value;
  const steps = Array.from({ length: last + 1 }, (_, k) => k);
  const shownTicks = last > 8 ? steps.filter((k) => k % 4 === 0) : steps;
  return (
    <div class="timeline">
      <div class="player">
        <button type="button" class="primary" onClick={() => act.recall()}>
          Recall
        </button>
        <button
          type="button"
          aria-label="One step back"
          onClick={() => act.scrub(Math.ceil(s.position.value) - 1)}
        >
          <Icon name="back" />
        </button>
        <button
          type="button"
          aria-label={s.playing.value ? 'Pause' : 'Play'}
          onClick={() => {
            if (s.playing.value) s.playing.value = false;
            else act.play();
          }}
        >
          <Icon name={s.playing.value ? 'pause' : 'play'} />
        </button>
        <button
          type="button"
          aria-label="One step on"
          onClick={() => act.scrub(Math.floor(s.position.value) + 1)}
        >
          <Icon name="forward" />
        </button>
        <Scrubber last={last} />
      </div>
      <Filmstrip last={last} />
      <div class="charts">
        {t.energies.length > 0 && (
          <Curve
            name="energy"
            tone="tone-energy"
            points={t.energies.map((e, k) => [k, e] as const)}
            last={last}
            ticks={shownTicks}
          />
        )}
        <Curve
          name="wrong bits"
          tone="tone-wrong"
          points={bits.map((b, k) => [k, b] as const)}
          last={last}
          ticks={shownTicks}
          zero
        />
      </div>
    </div>
  );
}

/** Pictures in a row, at most. */
const FRAMES = 9;

/** The query and iterates, small: each a way to its step. */
function Filmstrip({ last }: { last: number }) {
  const set = s.patterns.value;
  const now = useComputed(() => Math.round(s.position.value));
  if (!set) return null;
  const count = Math.min(FRAMES, last + 1);
  const steps = Array.from({ length: count }, (_, n) => Math.round((n * last) / (count - 1 || 1)));
  const current = steps.reduce(
    (best, k) => (Math.abs(k - now.value) < Math.abs(best - now.value) ? k : best),
    0,
  );
  return (
    <ol class="film" style={{ gridTemplateColumns: `repeat(${count}, 1fr)` }}>
      {steps.map((k) => (
        <li key={k}>
          <button
            type="button"
            aria-label={`Step ${k}`}
            aria-pressed={k === current}
            onClick={() => act.scrub(k)}
          >
            <Tile
              label={`Iterate ${k}`}
              cell={set.columns > 20 ? 2 : 5}
              drawn={() => {
                const [all, own] = [s.trace.value?.iterates, s.patterns.value];
                return own && all?.[k] && { ...own, values: all[k], target: s.target.value };
              }}
            />
          </button>
        </li>
      ))}
    </ol>
  );
}

function Scrubber({ last }: { last: number }) {
  const step = useComputed(() => Math.round(s.position.value * 20) / 20);
  return (
    <label class="scrubber">
      <span class="step">
        step {Math.round(step.value)} of {last}
      </span>
      <input
        type="range"
        min="0"
        max={last}
        step="any"
        value={step.value}
        aria-label="Step of recall"
        aria-valuetext={`step ${Math.round(step.value)} of ${last}, ${count(s.wrong.value[Math.round(step.value)] ?? 0)}`}
        onInput={(event) => act.scrub(Number(event.currentTarget.value))}
        onKeyDown={(event) => {
          const by = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 }[event.key];
          if (by === undefined) return;
          act.scrub(Math.round(s.position.value) + by);
          event.preventDefault();
        }}
      />
    </label>
  );
}

interface CurveProps {
  name: string;
  tone: string;
  points: readonly (readonly [number, number])[];
  last: number;
  ticks: readonly number[];
  zero?: boolean;
}

function Curve({ name, tone, points, last, ticks, zero }: CurveProps) {
  const values = points.map(([, v]) => v);
  return (
    <Chart
      height={144}
      series={[{ name, tone, points }]}
      x={{ label: 'step', domain: [0, last], ticks }}
      y={{ label: name, domain: zero ? [0, Math.max(4, ...values) * 1.1] : undefined }}
      head={s.position.value}
      onScrub={act.scrub}
      description={`${name} by step: ${values.map((v) => Math.round(v * 10) / 10).join(', ')}`}
    />
  );
}
