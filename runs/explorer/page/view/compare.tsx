/** @file Compare: other memories on the same query, and errors against the number of patterns stored. */
import { effect, useSignalEffect } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { publishedPoints, type TABLE_1 } from '../../../published.ts';
import { allDrawings, redraw } from '../actions.ts';
import { wrongBits } from '../lab/sources.ts';
import * as s from '../state.ts';
import { json, lab, open } from '../workers.ts';
import { Chart, type Series } from './chart.tsx';
import { Slider } from './slider.tsx';
import { Tile } from './tile.tsx';
import { count, plural } from './words.ts';

interface Rival {
  name: string;
  title: string;
  says: string;
  tone: string;
}

const RIVALS: readonly Rival[] = [
  { name: 'hebb', title: 'Hebb', says: 'Hopfield 1982', tone: 'tone-hebb' },
  { name: 'storkey', title: 'Storkey', says: 'Storkey 1997', tone: 'tone-storkey' },
  { name: 'pseudo-inverse', title: 'Pseudo-inverse', says: 'Personnaz 1985', tone: 'tone-pseudo' },
  {
    name: 'modern',
    title: 'Modern Hopfield',
    says: 'keeps whole patterns, as many as fit',
    tone: 'tone-modern',
  },
];

const NAMES = RIVALS.map(({ name }) => name);

/** Asks all rivals the query, once it has been recalled and this part of the page is seen. */
function askRivals(): () => void {
  let turn = 0;
  return effect(() => {
    const [set, q, info, known, t] = [
      s.patterns.value,
      s.query.value,
      s.memory.value,
      s.useKnown.value,
      s.trace.value,
    ];
    if (!set || !q || !info || !t || s.stale.value) return;
    const mine = ++turn;
    void lab('compare')
      .call('compare', {
        memories: NAMES,
        patterns: set.values,
        count: set.count,
        shape: info.patternShape,
        query: q.values,
        known: known ? q.known : undefined,
        floats: info.floats,
      })
      .then((answers) => {
        if (mine === turn) s.rivalRecalls.value = answers;
      })
      .catch((error) => {
        s.problem.value = String(error.message ?? error);
      });
  });
}

export function Compare() {
  useEffect(() => askRivals(), []);
  const info = s.memory.value;
  const set = s.patterns.value;
  if (!info || !set) return null;
  const end = s.trace.value?.iterates.at(-1);
  const cards = [
    {
      name: 'ebmm',
      title: 'Learned memory',
      says: info.id,
      floats: info.floats,
      pattern: end,
    },
    ...RIVALS.map((rival) => {
      const answer = s.rivalRecalls.value.find(({ memory }) => memory === rival.name);
      return { ...rival, floats: answer?.floats, pattern: answer?.pattern };
    }),
  ];
  return (
    <section class="card compare" aria-labelledby="compare">
      <header>
        <h2 id="compare">Beside other memories</h2>
        <p class="aside">
          same patterns, same query, {s.useKnown.value ? 'known bits held' : 'nothing known'}
        </p>
      </header>
      <ul class="rivals">
        {cards.map((card) => (
          <li key={card.name} class={card.name === 'ebmm' ? 'ours' : ''}>
            <h3>{card.title}</h3>
            <RivalPicture pattern={card.pattern} title={card.title} />
            <p class="count">
              {card.pattern && s.target.value ? count(wrongBits(card.pattern, s.target.value)) : '…'}
            </p>
            <p class="note">
              {card.name === 'modern' && card.floats !== undefined
                ? `keeps ${Math.floor(card.floats / (set.rows * set.columns))} of ${set.count} patterns whole`
                : card.says}
              <br />
              {card.floats === undefined ? '' : memorySize(card.floats, info.floats)}
            </p>
          </li>
        ))}
      </ul>
      <Loads />
    </section>
  );
}

function memorySize(floats: number, own: number): string {
  const size = `${floats.toLocaleString('en')} floats`;
  if (floats > 1.05 * own) return `${size}: ${Math.round(floats / own)} times the memory`;
  return size;
}

function RivalPicture({ pattern, title }: { pattern?: Float32Array; title: string }) {
  const set = s.patterns.value!;
  const latest = useRef(pattern);
  latest.current = pattern;
  return (
    <Tile
      key={pattern ? 'there' : 'not yet'}
      label={`What ${title} recalls`}
      cell={set.columns > 20 ? 4 : 8}
      drawn={() => {
        void s.rivalRecalls.value;
        void s.trace.value;
        const values = latest.current ?? new Float32Array(set.rows * set.columns);
        return { rows: set.rows, columns: set.columns, values, target: latest.current && s.target.value };
      }}
    />
  );
}

/** What `ebmm evaluate` measured, from the run's own evaluation.json. */
interface Row {
  memory: string;
  patterns: number;
  error: number;
  episodes: number;
}

const evaluations = new Map<string, readonly Row[]>();

async function loadEvaluation(id: string): Promise<readonly Row[]> {
  const known = evaluations.get(id);
  if (known) return known;
  // One that was dropped or trained here has no folder.
  if (!s.entries.value.some((entry) => entry.id === id && entry.served)) {
    evaluations.set(id, []);
    return [];
  }
  const file = await json(`./memories/${encodeURIComponent(id)}/evaluation.json`, 'the evaluation').catch(
    () => ({}),
  );
  const rows = ((file as { rows?: Row[] }).rows ?? []).filter((row) => Number.isFinite(row.error));
  evaluations.set(id, rows);
  return rows;
}

const BIT_LOADS = [8, 16, 24, 32, 48, 64, 80, 96, 112, 128] as const;
const DRAWING_LOADS = [2, 4, 8, 16, 24, 32, 48, 64] as const;
/** Episodes after which a measured curve stops by itself. */
const EPISODES = 40;

let measuring = new AbortController();

async function measure(): Promise<void> {
  const info = s.memory.value;
  if (!info) return;
  measuring.abort();
  const control = new AbortController();
  measuring = control;
  s.measuring.value = true;
  s.loadPoints.value = [];
  const image = info.patternShape.length > 1;
  try {
    await open('compare', info.id);
    const from = image ? await allDrawings() : undefined;
    const question = {
      memory: info.id,
      rivals: NAMES,
      loads: image ? DRAWING_LOADS : BIT_LOADS,
      known: s.useKnown.value,
      episodes: EPISODES,
      from,
    };
    for await (const point of lab('compare').stream('errors', question, control.signal)) {
      const others = s.loadPoints.value.filter(
        ({ memory, patterns }) => memory !== point.memory || patterns !== point.patterns,
      );
      s.loadPoints.value = [...others, point];
    }
  } catch (error) {
    s.problem.value = error instanceof Error ? error.message : String(error);
  }
  if (measuring === control) s.measuring.value = false;
}

const PUBLISHED: Record<string, keyof typeof TABLE_1> = {
  ebmm: 'EBMM',
  hebb: 'Hopfield, Hebb',
  storkey: 'Hopfield, Storkey',
  'pseudo-inverse': 'Hopfield, pseudo-inverse',
};

function Loads() {
  const info = s.memory.value!;
  const set = s.patterns.value!;
  const rows = evaluations.get(info.id);
  useSignalEffect(() => {
    const now = s.memory.value;
    if (now && !evaluations.has(now.id)) {
      void loadEvaluation(now.id).then(() => {
        s.memory.value = { ...now };
      });
    }
  });
  useEffect(
    () => () => {
      measuring.abort();
    },
    [],
  );
  const image = info.patternShape.length > 1;
  const loads: readonly number[] = image ? DRAWING_LOADS : BIT_LOADS;
  const tones = [{ name: 'ebmm', title: 'Learned memory', tone: 'tone-energy' }, ...RIVALS];
  const protocol =
    info.patternShape.join() === '128' && info.corruption === 'resample:64' && s.useKnown.value;
  const series: Series[] = tones.flatMap(({ name, title, tone }) => {
    const here = s.loadPoints.value
      .filter(({ memory }) => memory === name)
      .sort((a, b) => a.patterns - b.patterns)
      .map((p) => [p.patterns, p.error] as const);
    const before = (info.known === s.useKnown.value ? (rows ?? []) : [])
      .filter(({ memory }) => memory === name)
      .map((r) => [r.patterns, r.error] as const);
    const published = protocol && PUBLISHED[name] ? publishedPoints(PUBLISHED[name]) : [];
    return [
      ...(before.length > 0
        ? [{ name: `${title}, evaluated`, tone, points: before, mark: 'thin' as const }]
        : []),
      ...(here.length > 0
        ? [
            { name: title, tone, points: here },
            { name: `${title}.`, tone, points: here, mark: 'dots' as const },
          ]
        : []),
      ...(published.length > 0
        ? [{ name: `${title}, published`, tone, points: published, mark: 'diamonds' as const }]
        : []),
    ];
  });
  const most = Math.max(1, ...series.flatMap(({ points }) => points.map(([, v]) => v)));
  const episodes = s.loadPoints.value.reduce((all, p) => Math.max(all, p.episodes), 0);
  return (
    <div class="loads">
      <h3>How much can it hold?</h3>
      <p>
        Wrong bits of a recalled pattern against the number stored at once.{' '}
        {image
          ? 'Drawings, a block of 16 by 16 redrawn.'
          : 'Random bits, half of them redrawn: a query has a quarter of its bits wrong.'}{' '}
        {s.useKnown.value ? 'Recall knows which bits were not touched.' : 'Recall is told nothing.'}
      </p>
      <div class="row">
        <Slider
          label="Load"
          min={1}
          max={image ? 64 : 128}
          value={set.count}
          set={(count) => redraw({ count })}
        >
          {set.count} stored
        </Slider>
        <button
          type="button"
          class={s.measuring.value ? '' : 'primary'}
          onClick={() => {
            if (s.measuring.value) {
              measuring.abort();
              s.measuring.value = false;
            } else void measure();
          }}
        >
          {s.measuring.value ? 'Stop' : 'Measure here'}
        </button>
        <p class="note" aria-live="polite">
          {episodes > 0 ? `${plural(episodes, 'episode')} so far` : ''}
        </p>
      </div>
      {series.length > 0 ? (
        <Chart
          height={340}
          series={series}
          x={{ label: 'patterns stored', domain: [0, loads.at(-1)!], ticks: loads }}
          y={{ label: 'wrong bits', domain: [0, most * 1.05], scale: 'root' }}
          head={set.count}
          description={describe(series)}
        />
      ) : (
        <p class="waiting">Nothing measured yet.</p>
      )}
      <ul class="keys">
        {tones.map(({ name, title, tone }) => (
          <li key={name} class={`key ${tone}`}>
            {title}
          </li>
        ))}
        {rows && rows.length > 0 && info.known === s.useKnown.value && (
          <li class="key thin">evaluated beforehand, {plural(rows[0].episodes, 'episode')}</li>
        )}
        {protocol && <li class="key diamond">published (Bartunov et al. 2020, table 1)</li>}
      </ul>
    </div>
  );
}

function describe(series: readonly Series[]): string {
  return series
    .filter(({ mark }) => mark !== 'dots')
    .map(
      ({ name, points }) => `${name}: ${points.map(([x, y]) => `${x} patterns ${y.toFixed(1)}`).join(', ')}`,
    )
    .join('; ');
}
