/** @file The part of a report that compares runs: where their configurations differ, what that does to the error, and which is best. */
import { flatten, spreadOf, textOf, varying } from '../columns.ts';
import { cell, html } from './cell.ts';
import type { ReportedRun } from './reported-run.ts';

/** What the script in the page draws from. */
export interface RunTable {
  /** Of the error, in words. */
  what: string;
  /** Dotted, those that are not the same in all runs; without the seed. */
  keys: string[];
  runs: ComparedRun[];
  /** By number: runs that differ in their seed only. */
  groups: { label: string; n: number; colour: string }[];
}

interface ComparedRun {
  name: string;
  /** Of every key: a number, or text; null where the run has no such key. */
  values: (number | string | null)[];
  seed: number;
  error: number | null;
  group: number;
  steps: number;
  /** By its rank. */
  colour: string;
}

/** Keys that charts and tables show, at most. */
const MOST_KEYS = 12;

/** The held-out error decides where any run has one, else the moving error of training. */
export function runTable(runs: readonly ReportedRun[], columns: readonly string[] = []): RunTable {
  const rows = runs.map(({ config: { seed: _, ...settings } }) => new Map(flatten(settings)));
  const asked = columns.filter((key) => rows.some((row) => row.has(key)));
  const keys = [...new Set([...asked, ...varying(rows)])].slice(0, Math.max(MOST_KEYS, asked.length));
  const judged = runs.some(({ heldout }) => heldout);
  const groups = new Map<string, number>();
  const compared = runs.map((run, i): Omit<ComparedRun, 'colour'> => {
    const { seed, ...settings } = run.config;
    const key = JSON.stringify(settings);
    if (!groups.has(key)) groups.set(key, groups.size);
    const error = judged ? run.heldout?.error : (run.metrics.at(-1)?.error_average ?? undefined);
    return {
      name: run.name,
      values: keys.map((each) => plain(rows[i].get(each))),
      seed,
      error: error ?? null,
      group: groups.get(key)!,
      steps: run.metrics.at(-1)?.step ?? 0,
    };
  });
  const summaries = [...groups.values()].map((group) => {
    const members = compared.filter((run) => run.group === group);
    const label = keys.map((key, k) => `${lastOf(key)} ${textOf(members[0].values[k])}`).join(', ');
    const error = spreadOf(members.map((run) => run.error ?? undefined))?.mean ?? null;
    return { label: label || 'all', n: members.length, error };
  });
  const [{ unit }] = runs;
  return {
    what: `${judged ? 'error on the validation split' : 'moving error of training'}, ${unit}`,
    keys,
    runs: ranked(compared),
    groups: ranked(summaries).map(({ error: _, ...group }) => group),
  };
}

/** From tan to blue, the best in blue; grey without an error. Both are seen on white and on black. */
const [WORST, BEST] = [
  [222, 178, 120],
  [9, 105, 218],
];

function ranked<T extends { error: number | null }>(items: readonly T[]): (T & { colour: string })[] {
  const errors = items.flatMap(({ error }) => (error === null ? [] : [error])).sort((a, b) => b - a);
  return items.map((item) => {
    if (item.error === null) return { ...item, colour: '#888888' };
    const rank = errors.length > 1 ? errors.indexOf(item.error) / (errors.length - 1) : 1;
    const colour = WORST.map((worst, c) => Math.round(worst + rank * (BEST[c] - worst)));
    return { ...item, colour: `#${colour.map((part) => part.toString(16).padStart(2, '0')).join('')}` };
  });
}

const plain = (value: unknown) =>
  value === undefined || value === null ? null : typeof value === 'number' ? value : textOf(value);

const lastOf = (key: string) => key.slice(key.lastIndexOf('.') + 1);

/** Empty of a single run. */
export function runsSection(table: RunTable, runs: readonly ReportedRun[]): string {
  if (table.runs.length < 2) return '';
  const ways = [...new Set(runs.flatMap(({ heldout }) => (heldout ? [heldout.way] : [])))];
  const measured = ways.length > 0 ? ` Held-out errors: ${ways.map(html).join('; ')}.${ways.length > 1 ? ' They compare within one way only.' : ''}` : ''; // biome-ignore format: one line
  const charts =
    table.keys.length > 0
      ? `<h3>All keys at once</h3>
<p class="note">A line for each run, the best in blue. Drag along an axis to keep the runs that cross it there, click it to keep
all again; the table below follows.</p>
<div id="parallel"></div>
<h3>Error against a key</h3>
<p class="note"><label>against <select id="against"></select></label> <label>a line for each <select id="by"></select></label>
<label><input type="checkbox" id="error-log" checked> logarithmic</label></p>
<div id="effect"></div>
<p class="note">Points: runs. Line: mean over the runs of a value, or of neighbouring values where there are many. Band: one standard
deviation of a run to either side.</p>`
      : '';
  const head = ['run', ...table.keys, 'seed', 'updates', 'error'];
  const rows = [...table.runs]
    .sort((a, b) => (a.error ?? Number.POSITIVE_INFINITY) - (b.error ?? Number.POSITIVE_INFINITY) || 0)
    .map(({ name, values, seed, steps, error }) => [name, ...values, seed, steps, error]);
  return `<section id="runs">
<h2>Runs</h2>
<p class="note">${html(table.what)}.${measured} <button id="csv">Save as CSV</button></p>
${charts}
${groupsTable(table)}
<h3>Each run</h3>
<p class="note">Click a heading to sort. <label>Only rows with <input type="search" id="runs-filter" placeholder="all of these words"></label></p>
${sortable('compared', head, rows)}
</section>`;
}

/** Mean and deviation over seeds; empty where no two runs differ in it alone. */
function groupsTable({ keys, runs, groups }: RunTable): string {
  if (groups.every(({ n }) => n < 2)) return '';
  const rows = groups.map((_, group) => {
    const members = runs.filter((run) => run.group === group);
    const spread = spreadOf(members.map(({ error }) => error ?? undefined));
    return [...members[0].values, members.length, spread?.mean, spread?.deviation];
  });
  const mean = keys.length + 1;
  rows.sort((a, b) => Number(a[mean] ?? Number.POSITIVE_INFINITY) - Number(b[mean] ?? Number.POSITIVE_INFINITY) || 0); // biome-ignore format: one line
  return `<h3>Over seeds</h3>\n${sortable('groups', [...keys, 'n', 'mean error', 'deviation'], rows)}`;
}

/** A table whose headings sort it. */
export function sortable(id: string, head: readonly string[], rows: readonly (readonly unknown[])[]): string {
  return `<div class="wide"><table id="${id}" class="sortable"><thead><tr>${head.map((label) => `<th><button>${html(label)}</button></th>`).join('')}</tr></thead><tbody>
${rows.map((row) => `<tr>${row.map(cell).join('')}</tr>`).join('\n')}
</tbody></table></div>`;
}
