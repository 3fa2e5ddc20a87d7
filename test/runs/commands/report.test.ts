import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { executable, launch } from '../browser.ts';
import { ebmm, expectRefused, folderOfFile, tiny } from '../command.ts';
import { evaluation, metrics, row } from '../plots/records.ts';

const folder = folderOfFile();
const file = join(folder, 'report.html');

/** A run folder with everything that a report shows. */
function run(name: string, count: number, config: object = {}): string {
  const path = join(folder, name);
  mkdirSync(join(path, 'plots'), { recursive: true });
  writeFileSync(join(path, 'config.json'), JSON.stringify({ ...tiny, ...config }));
  writeFileSync(
    join(path, 'metrics.jsonl'),
    metrics(count)
      .map((line) => JSON.stringify(line))
      .join('\n'),
  );
  const rows = [row('ebmm', 16, 0.25), row('hebb', 16, 12), row('<b>&"modern', 64, 3, 100)];
  writeFileSync(join(path, 'evaluation.json'), JSON.stringify(evaluation(rows)));
  const pictures = new URL('../../../runs/pretrained/binary-64/plots/', import.meta.url);
  for (const picture of ['recall.png', 'energy.png']) {
    copyFileSync(new URL(picture, pictures), join(path, 'plots', picture));
  }
  return path;
}

beforeAll(async () => {
  const runs = [run('first', 100), run('second', 60, { seed: 3, known: false })];
  const { status, out, err } = await ebmm(['report', ...runs, '--out', file]);
  expect({ status, out, err }).toEqual({ status: 0, out: file, err: '' });
});

test('the page holds all it needs, and names nothing outside', () => {
  const html = readFileSync(file, 'utf8');
  expect(html).toContain("default-src 'none'");
  const markup = html.replaceAll(/<script>.*?<\/script>|<style>.*?<\/style>/gs, '');
  expect(markup).not.toMatch(/https?:\/\//);
  expect([...markup.matchAll(/(?:src|href)="([^"]{1,10})/g)].every(([, to]) => to === 'data:image')).toBe(
    true,
  );
});

test('by default it lies in the run; --json tells where', async () => {
  const { out } = await ebmm(['report', join(folder, 'first'), '--json']);
  expect(JSON.parse(out)).toEqual({ report: join(folder, 'first', 'report.html') });
});

test('what is missing is left out; what is damaged is refused', async () => {
  const bare = run('bare', 3);
  for (const part of ['evaluation.json', 'metrics.jsonl', 'plots']) {
    rmSync(join(bare, part), { recursive: true });
  }
  expect((await ebmm(['report', bare])).status).toBe(0);
  const html = readFileSync(join(bare, 'report.html'), 'utf8');
  expect(html).toContain('None yet: ebmm evaluate RUN.');
  writeFileSync(join(bare, 'evaluation.json'), '{"task":"binary","rows":[{}]}');
  expectRefused(await ebmm(['report', bare]), 'a damaged evaluation');
  expectRefused(await ebmm(['report', join(folder, 'none')]), 'no run');
});

if (!executable)
  console.warn('the report is not looked at in a browser: no Chromium (EBMM_CHROMIUM names one)');

describe.runIf(executable)('in headless Chromium', () => {
  let browser: Browser;
  let page: Page;
  const outside: string[] = [];
  const trouble: string[] = [];

  beforeAll(async () => {
    browser = await launch();
    page = await browser.newPage({ viewport: { width: 1200, height: 900 } });
    page.on('request', (request) => {
      if (!/^(file|data):/.test(request.url())) outside.push(request.url());
    });
    page.on('pageerror', (error) => trouble.push(String(error)));
    page.on('console', (message) => {
      if (message.type() === 'error') trouble.push(message.text());
    });
    await page.goto(pathToFileURL(file).href);
    await page.waitForSelector('#charts[data-ready]');
  });
  afterAll(() => browser?.close());

  // biome-ignore lint/suspicious/noExplicitAny: the page's own object
  const report = (expression: string) => page.evaluate(`ebmmReport.${expression}`) as Promise<any>;
  const column = (i: number) =>
    page.$$eval(`#evaluation tbody tr:not([hidden]) td:nth-child(${i})`, (cells) =>
      cells.map((c) => c.textContent),
    );

  test('five charts have ink, the pictures are there, and nothing went wrong', async () => {
    expect(await page.$$eval('#charts canvas', (all) => all.length)).toBe(5);
    const inked = await page.$$eval('#charts canvas', (all) =>
      all.map((element) => {
        const canvas = element as unknown as {
          width: number;
          height: number;
          getContext(kind: string): { getImageData(...box: number[]): { data: Uint8ClampedArray } };
        };
        const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
        // The first run's colour.
        let pixels = 0;
        for (let i = 0; i < data.length; i += 4) {
          if (data[i] < 40 && data[i + 1] > 80 && data[i + 1] < 130 && data[i + 2] > 190 && data[i + 3] > 200)
            pixels++;
        }
        return pixels;
      }),
    );
    for (const pixels of inked) expect(pixels).toBeGreaterThan(200);
    const widths = await page.$$eval('figure img', (all) =>
      all.map((image) => (image as unknown as { naturalWidth: number }).naturalWidth),
    );
    expect(widths).toHaveLength(4);
    for (const width of widths) expect(width).toBeGreaterThan(100);
    expect(outside).toEqual([]);
    expect(trouble).toEqual([]);
  });

  test('dragging over a chart zooms all of them; a double-click shows the whole again', async () => {
    const box = (await (await page.$('.u-over'))!.boundingBox())!;
    await page.mouse.move(box.x + box.width * 0.25, box.y + 50);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.5, box.y + 60, { steps: 5 });
    await page.mouse.up();
    await page.waitForFunction('ebmmReport.range() !== null');
    // Updates 10 to 1000.
    const { min, max } = await report('range()');
    expect(min).toBeCloseTo(257.5, -2);
    expect(max).toBeCloseTo(505, -2);
    const all = await report('plots().map((p) => [p.scales.x.min, p.scales.x.max])');
    expect(all).toEqual(Array(5).fill([min, max]));
    await page.mouse.dblclick(box.x + 50, box.y + 50);
    await page.waitForFunction('ebmmReport.range() === null');
    const whole = await report('plots().map((p) => [p.scales.x.min, p.scales.x.max])');
    expect(whole).toEqual(Array(5).fill([10, 1000]));
  });

  test('a run is hidden in all charts by a click on its name', async () => {
    await page.click('.u-legend tr:nth-child(3) .u-label');
    expect(await report('plots().map((p) => p.series[2].show)')).toEqual(Array(5).fill(false));
    await page.click('.u-legend tr:nth-child(3) .u-label');
    expect(await report('plots().map((p) => p.series[2].show)')).toEqual(Array(5).fill(true));
  });

  test('the scale can be linear', async () => {
    await page.click('#log');
    expect(await report('plots()[0].scales.y.distr')).toBe(1);
    await page.click('#log');
    expect(await report('plots()[0].scales.y.distr')).toBe(3);
  });

  test('the table sorts by numbers, both ways, and filters by words', async () => {
    const error = page.locator('#evaluation th button', { hasText: /^error$/ });
    await error.click();
    expect(await column(8)).toEqual(['0.25', '0.25', '3', '3', '12', '12']);
    await error.click();
    expect(await column(8)).toEqual(['12', '12', '3', '3', '0.25', '0.25']);
    await page.fill('#filter', 'second HEBB');
    expect(await column(1)).toEqual(['second']);
    expect(await column(2)).toEqual(['hebb']);
    await page.fill('#filter', '');
    expect(await column(1)).toHaveLength(6);
    // Names are text, whatever they hold.
    expect(await column(2)).toContain('<b>&"modern');
  });

  test('configurations are compared', async () => {
    const rows = await page.$$eval('#config tbody tr', (all) =>
      all.map((r) => Array.from(r.children as Iterable<{ textContent: string }>, (c) => c.textContent)),
    );
    expect(rows).toEqual([
      ['known', 'true', 'false'],
      ['seed', '0', '3'],
    ]);
  });
});

describe('of a sweep', () => {
  const sweep = join(folder, 'sweep');
  const page = join(sweep, 'report.html');
  const errors = [4, 6, 1, 3, 2, null];

  beforeAll(async () => {
    mkdirSync(sweep);
    writeFileSync(join(sweep, 'sweep.json'), '{}');
    for (const [i, error] of errors.entries()) {
      const network = { ...tiny.network, width: [4, 4, 8, 8, 16, 16][i] };
      const path = run(`sweep/trial-00${i + 1}`, 20, { network, seed: i % 2 });
      const judgement = { steps: 200, error, unit: 'bits', errors: [], seconds: 1, engine: 'compiled' };
      const heldout = { split: 'validation', patterns: [2], episodes: 9, seed: 1, judgements: [judgement] };
      writeFileSync(join(path, 'heldout.json'), JSON.stringify(heldout));
    }
    const { status, out, err } = await ebmm(['report', sweep]);
    expect({ status, out, err }).toEqual({ status: 0, out: page, err: '' });
  });

  test('seeds are summed up, the best first; how errors were measured is said', () => {
    const html = readFileSync(page, 'utf8');
    expect(html).toContain(
      'error on the validation split, bits. Held-out errors: 9 episodes of 2 patterns, seed 1.',
    );
    const rows = [...html.matchAll(/<tr>.*?<\/tr>/g)].map(([row]) =>
      row.replaceAll(/<[^>]*>/g, '|').replaceAll(/\|+/g, '|'),
    );
    const from = rows.indexOf('|network.width|n|mean error|deviation|');
    expect(rows.slice(from + 1, from + 4)).toEqual(['|8|2|2|1.41|', '|16|2|2|', '|4|2|5|1.41|']);
    const each = rows.indexOf('|run|network.width|seed|updates|error|');
    expect(rows.slice(each + 1, each + 7).map((row) => row.slice(1, 10))).toEqual([3, 5, 4, 1, 2, 6].map((n) => `trial-00${n}`)); // biome-ignore format: one line
  });

  test('runs are chosen and compared by any key', async () => {
    const file = join(folder, 'chosen.html');
    const { status, err } = await ebmm(['report', sweep, '--out', file, '--filter', 'width>4', '--filter', 'heldout<2.5', '--columns', 'learning_rate']); // biome-ignore format: one list
    expect({ status, err }).toEqual({ status: 0, err: '' });
    const text = readFileSync(file, 'utf8');
    expect(text).toContain('<title>ebmm: trial-003, trial-005</title>');
    expect(text).toMatch(/<button>training.learning_rate<\/button><\/th><th><button>network.width/);
    expectRefused(await ebmm(['report', sweep, '--filter', 'width>40']), 'none left');
    expectRefused(await ebmm(['report', sweep, '--columns', 'nosuch']), 'no key');
  });

  test('a sweep of which no trial has begun is refused', async () => {
    const empty = join(folder, 'empty');
    mkdirSync(empty);
    writeFileSync(join(empty, 'sweep.json'), '{}');
    expectRefused(await ebmm(['report', empty]), 'no trial');
  });

  test.runIf(executable)('axes keep runs, seeds become bands, and the table is saved', async () => {
    const browser = await launch();
    onTestFinished(() => browser.close());
    const view = await browser.newPage({ viewport: { width: 1200, height: 900 } });
    const trouble: string[] = [];
    view.on('pageerror', (error) => trouble.push(String(error)));
    view.on('console', (message) => void (message.type() === 'error' && trouble.push(message.text())));
    await view.goto(pathToFileURL(page).href);
    await view.waitForSelector('#charts[data-ready]');
    const shown = () =>
      view.$$eval('#compared tbody tr:not([hidden]) td:first-child', (cells) =>
        cells.map((c) => c.textContent),
      );
    expect(await view.$$eval('#parallel polyline', (all) => all.length)).toBe(6);
    expect(await shown()).toHaveLength(6);
    // From the middle of the first axis, where width 10 is, to its lower end.
    await view.locator('#parallel').scrollIntoViewIfNeeded();
    const box = (await (await view.$('#parallel .area'))!.boundingBox())!;
    const [x, middle] = [box.x + box.width / 2, box.y + box.height / 2];
    await view.mouse.move(x, middle);
    await view.mouse.down();
    await view.mouse.move(x, box.y + box.height, { steps: 3 });
    await view.mouse.up();
    expect(await shown()).toEqual(['trial-003', 'trial-004', 'trial-001', 'trial-002']);
    await view.mouse.click(x, middle);
    expect(await shown()).toHaveLength(6);
    await view.fill('#runs-filter', 'trial-00 16');
    expect(await shown()).toEqual(['trial-005', 'trial-006']);
    await view.fill('#runs-filter', '');
    // One line with its band for the five runs that have an error.
    expect(await view.$$eval('#effect circle', (all) => all.length)).toBe(5);
    expect(await view.$$eval('#effect polygon', (all) => all.length)).toBe(1);
    const series = () => view.evaluate('ebmmReport.plots()[0].series.length') as Promise<number>;
    expect(await series()).toBe(7);
    await view.check('#band');
    expect(await series()).toBe(10);
    const [mean, most, least] = (await view.evaluate('[1, 2, 3].map((i) => ebmmReport.plots()[0].data[i][4])')) as number[]; // biome-ignore format: one line
    expect([most, least]).toEqual([mean, mean]);
    const [download] = await Promise.all([view.waitForEvent('download'), view.click('#csv')]);
    const text = readFileSync((await download.path())!, 'utf8');
    expect(text.split('\n').slice(0, 2)).toEqual([
      'run,network.width,seed,updates,error',
      'trial-001,4,0,200,4',
    ]);
    expect(text).toContain('trial-006,16,1,200,\n');
    expect(trouble).toEqual([]);
  });
});
