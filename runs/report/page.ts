/** @file The report's page: HTML with its data, styles, scripts and pictures inside. Charts are uPlot's. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { flatten } from '../columns.ts';
import type { Evaluation } from '../records.ts';
import { cell, html } from './cell.ts';
import type { ReportedRun } from './reported-run.ts';
import { runsSection, runTable } from './runs.ts';

/** Points of a curve; of longer ones only so many are kept. */
const POINTS = 5000;

/** Of more runs, curves are bands at first, and titles and configurations are short. */
export const MANY = 8;
/** Of so many runs, a legend has their names. */
const LEGEND = 16;

const CURVES = [
  ['error_average', 'Moving error'],
  ['loss', 'Loss'],
  ['gradient_norm', 'Gradient norm'],
  ['learning_rate', 'Learning rate'],
  ['episodes_per_second', 'Episodes a second'],
] as const;

/** The columns of the evaluation table: title, and value of a row. */
const COLUMNS = [
  ['run', (run: ReportedRun) => run.name],
  ['memory', (_, row) => row.memory],
  ['task', (_, __, e) => e.task],
  ['corruption', (_, __, e) => e.corruption],
  ['entries', (_, __, e) => (e.known ? 'known' : 'not known')],
  ['patterns', (_, row) => row.patterns],
  ['floats', (_, row) => row.floats],
  ['error', (_, row) => row.error],
  ['5%', (_, row) => row.error_p5],
  ['95%', (_, row) => row.error_p95],
  ['unit', (_, row) => row.unit],
  ['bits a float', (_, row) => row.bits_per_float],
  ['compression', (_, row) => row.compression],
  ['episodes', (_, row) => row.episodes],
] as const satisfies readonly (readonly [
  string,
  (run: ReportedRun, row: Evaluation['rows'][number], evaluation: Evaluation) => unknown,
])[];

/** @param columns keys of configurations that runs are compared by beside those that differ */
export async function page(
  runs: readonly ReportedRun[],
  now: Date,
  columns: readonly string[] = [],
): Promise<string> {
  const require = createRequire(import.meta.url);
  const [uplot, uplotCss, script, compare, css] = await Promise.all(
    [
      require.resolve('uplot/dist/uPlot.iife.min.js'),
      require.resolve('uplot/dist/uPlot.min.css'),
      new URL('./browser.js', import.meta.url),
      new URL('./compare.browser.js', import.meta.url),
      new URL('./browser.css', import.meta.url),
    ].map((file) => readFile(file, 'utf8')),
  );
  const names = runs.map(({ name }) => name);
  const title = `ebmm: ${runs.length > MANY ? `${names.length} runs` : names.join(', ')}`;
  const table = runTable(runs, columns);
  const data = {
    table,
    curves: CURVES.map(([key, label]) => ({ label, series: runs.map((run) => curveOf(run, key)) })),
    runs: runs.map(({ name, unit }) => ({ name, unit })),
  };
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:">
<title>${html(title)}</title>
<style>${uplotCss}${css}</style>
</head>
<body>
<h1>${html(title)}</h1>
<p class="note">Made on ${now.toISOString().slice(0, 16).replace('T', ' ')} UTC.</p>
<section id="curves">
<h2>Learning curves</h2>
<p class="note">Drag over a chart to zoom all of them in; double-click for the whole. ${runs.length > LEGEND ? 'The best runs are blue.' : 'Click a name to hide or show a run.'}
<label><input type="checkbox" id="log" checked> logarithmic</label>
${table.groups.some(({ n }) => n > 1) ? `<label><input type="checkbox" id="band"${runs.length > MANY ? ' checked' : ''}> seeds as a band: mean, least to greatest</label>` : ''}</p>
<div id="charts"></div>
</section>
${runsSection(table, runs)}
${evaluationSection(runs)}
${pictureSection(runs)}
${configSection(runs)}
<script type="application/json" id="data">${jsonInHtml(data)}</script>
<script>${uplot}</script>
<script>${script}</script>
<script>${compare}</script>
</body>
</html>
`;
}

/** Steps and values; null leaves a gap. */
function curveOf({ metrics }: ReportedRun, key: (typeof CURVES)[number][0]) {
  const stride = Math.ceil(metrics.length / POINTS);
  const kept = metrics.filter((_, i) => i % stride === 0 || i === metrics.length - 1);
  return { x: kept.map(({ step }) => step), y: kept.map((line) => line[key] ?? null) };
}

function evaluationSection(runs: readonly ReportedRun[]): string {
  const rows = runs.flatMap((run) =>
    (run.evaluation?.rows ?? []).map((row) => COLUMNS.map(([, value]) => value(run, row, run.evaluation!))),
  );
  if (rows.length === 0) {
    return '<section id="evaluation"><h2>Evaluation</h2><p class="note">None yet: ebmm evaluate RUN.</p></section>';
  }
  const head = COLUMNS.map(([label]) => `<th><button>${html(label)}</button></th>`).join('');
  const body = rows.map((row) => `<tr>${row.map(cell).join('')}</tr>`).join('\n');
  return `<section id="evaluation">
<h2>Evaluation</h2>
<p class="note">Mean error of a recalled pattern, with its 5th and 95th percentile over episodes. Click a heading to sort.
<label>Only rows with <input type="search" id="filter" placeholder="all of these words"></label></p>
<div class="wide"><table class="sortable"><thead><tr>${head}</tr></thead><tbody>
${body}
</tbody></table></div>
</section>`;
}

function pictureSection(runs: readonly ReportedRun[]): string {
  const figures = runs.flatMap(({ name, recall, energy }) => [
    ...(recall ? [figure(recall, `${name}: recall, step by step`)] : []),
    ...(energy ? [figure(energy, `${name}: energy along recall`)] : []),
  ]);
  return figures.length > 0 ? `<section id="pictures"><h2>Recall</h2>${figures.join('\n')}</section>` : '';
}

const figure = (png: Uint8Array, caption: string) =>
  `<figure><img alt="${html(caption)}" src="data:image/png;base64,${Buffer.from(png).toString('base64')}"><figcaption>${html(caption)}</figcaption></figure>`;

/** Where several runs differ, and the complete configuration of each. */
function configSection(runs: readonly ReportedRun[]): string {
  const flat = runs.map(
    ({ config }) => new Map(flatten(config).map(([key, value]) => [key, JSON.stringify(value)])),
  );
  const keys = [...new Set(flat.flatMap((map) => [...map.keys()]))];
  const differing = keys.filter((key) => new Set(flat.map((map) => map.get(key))).size > 1);
  const table =
    runs.length > 1 && runs.length <= MANY
      ? `<div class="wide"><table><thead><tr><th>key</th>${runs.map(({ name }) => `<th>${html(name)}</th>`).join('')}</tr></thead><tbody>
${differing.map((key) => `<tr><td><code>${html(key)}</code></td>${flat.map((map) => cell(map.get(key))).join('')}</tr>`).join('\n')}
</tbody></table></div>${differing.length === 0 ? '<p class="note">All runs have the same configuration.</p>' : ''}`
      : '';
  const whole = runs.map(
    ({ name, config }) =>
      `<details><summary>${html(name)}</summary><pre>${html(JSON.stringify(config, null, 2))}</pre></details>`,
  );
  return `<section id="config"><h2>Configuration</h2>${table}${whole.join('\n')}</section>`;
}

/** JSON that cannot end the script element it stands in. */
const jsonInHtml = (value: unknown) => JSON.stringify(value).replaceAll('<', '\\u003c');
