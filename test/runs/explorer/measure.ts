/**
 * @file How quick the explorer is, in headless Chromium without a GPU: `npm run explorer:measure`. Prints medians: milliseconds to the
 * first picture, frames a second while playing, updates of training a second beside Node's. `--json` for one document.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Training } from '../../../runs/explorer/page/lab/training.ts';
import { compiledEngine, type Engine } from '../../../src/compile/index.ts';
import { LIGHT, openExplorer } from './opened.ts';

/** Loads, plays: of each the median. */
const TIMES = 5;
/** Updates of training; the first ones, in which programs are compiled, are left out. */
const UPDATES = 40;
const LEFT_OUT = 5;

const median = (values: number[]) => {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
};

/** Runs in the page before anything of it: notes when things are first there, and every frame. */
const WATCH = `{
  globalThis.measured = { frames: [] };
  const note = (name, there) => { if (measured[name] === undefined && there) measured[name] = performance.now(); };
  const frame = (now) => {
    const shown = globalThis.ebmmExplorer;
    if (shown) {
      note('shelf', document.querySelector('.patterns canvas'));
      note('recall', shown.trace.peek());
      note('landscape', shown.energyMap.peek());
      if (shown.playing.peek()) measured.frames.push(now);
    }
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
}`;

const folder = await mkdtemp(join(tmpdir(), 'ebmm-explorer-'));
const explorer = await openExplorer(join(folder, 'page'), LIGHT);
const { browser, address } = explorer;

/** A page of its own, with nothing in its cache. */
async function fresh(state: string) {
  const context = await browser.newContext({ viewport: { width: 1400, height: 900 } });
  const page = await context.newPage();
  await page.addInitScript(WATCH);
  await page.goto(address + state);
  const until = async (expression: string) => {
    while (!(await page.evaluate(`Boolean(${expression})`)))
      await new Promise((resolve) => setTimeout(resolve, 100));
  };
  await until('measured.landscape');
  return { page, until, close: () => context.close() };
}

interface Measured {
  frames: number[];
  shelf: number;
  recall: number;
  landscape: number;
}

const seconds: Record<'first paint' | 'patterns' | 'first recall' | 'landscape', number[]> = {
  'first paint': [],
  patterns: [],
  'first recall': [],
  landscape: [],
};
const rates: number[] = [];
const longest: number[] = [];
for (let k = 0; k < TIMES; k++) {
  // As it is opened first: drawings.
  const { page, until, close } = await fresh('');
  const first = (await page.evaluate('measured')) as Measured;
  const paint = await page.evaluate("performance.getEntriesByName('first-contentful-paint')[0]?.startTime");
  seconds['first paint'].push(paint as number);
  seconds.patterns.push(first.shelf);
  seconds['first recall'].push(first.recall);
  seconds.landscape.push(first.landscape);
  // Played once more, when nothing else is computed any more.
  await until(
    '!ebmmExplorer.playing.value && ebmmExplorer.energyMap.value.last && !ebmmExplorer.mapping.value',
  );
  await page.evaluate('{ measured.frames = []; }');
  await page.click('[aria-label="Play"]');
  await until('measured.frames.length > 10 && !ebmmExplorer.playing.value');
  const { frames } = (await page.evaluate('measured')) as Measured;
  const gaps = frames.slice(1).map((at, i) => at - frames[i]);
  rates.push((1000 * gaps.length) / (frames[frames.length - 1] - frames[0]));
  longest.push(Math.max(...gaps));
  await close();
}

/** Updates a second, from the times of all but the first. */
const rateOf = (milliseconds: number[]) => 1000 / median(milliseconds.slice(LEFT_OUT));

async function inPage(): Promise<{ rate: number; isolated: boolean; config: unknown }> {
  const { page, until, close } = await fresh(LIGHT);
  await page.evaluate(`{
    const input = [...document.querySelectorAll('.training label')].find((l) => l.textContent.includes('Updates')).querySelector('input');
    input.value = ${UPDATES};
    input.dispatchEvent(new Event('input', { bubbles: true }));
  }`);
  await page.click('.training .primary');
  await until(`ebmmExplorer.curve.value.length === ${UPDATES} && !ebmmExplorer.training.value`);
  const times = (await page.evaluate('ebmmExplorer.curve.value.map((u) => u.milliseconds)')) as number[];
  const isolated = (await page.evaluate('crossOriginIsolated')) as boolean;
  const config = await page.evaluate('ebmmExplorer.trainedWith.value');
  await close();
  return { rate: rateOf(times), isolated, config };
}

async function inNode(engine: Engine, config: unknown): Promise<number> {
  const times: number[] = [];
  const turn = { cancelled: false, breathe: async () => {} };
  for await (const { milliseconds } of new Training(engine).run(config, turn)) times.push(milliseconds);
  await engine.dispose();
  return rateOf(times);
}

const page = await inPage();
await explorer.close();
await rm(folder, { recursive: true, force: true });
const cores = availableParallelism();
// The page leaves one to itself.
const threads = page.isolated ? Math.max(1, cores - 1) : 1;
const node = {
  'WebAssembly, as many threads': await inNode(compiledEngine({ threads, target: 'wasm' }), page.config),
  'machine code, all cores': await inNode(compiledEngine({}), page.config),
};

const result = {
  browser: browser.version(),
  cores,
  milliseconds: Object.fromEntries(Object.entries(seconds).map(([name, all]) => [name, median(all)])),
  playing: { framesPerSecond: median(rates), longestFrameMilliseconds: median(longest) },
  updatesPerSecond: { page: page.rate, pageThreads: threads, ...node },
};
if (process.argv.includes('--json')) console.log(JSON.stringify(result));
else {
  console.log(`Chromium ${result.browser}, headless, without a GPU; ${cores} cores; medians of ${TIMES}`);
  for (const [name, ms] of Object.entries(result.milliseconds)) console.log(`${name}: ${ms.toFixed(0)} ms`);
  const { framesPerSecond, longestFrameMilliseconds } = result.playing;
  console.log(
    `playing: ${framesPerSecond.toFixed(1)} frames a second, the longest ${longestFrameMilliseconds.toFixed(0)} ms`,
  );
  console.log(
    `training: ${page.rate.toFixed(1)} updates a second in the page, on ${threads} threads; in Node`,
  );
  for (const [name, rate] of Object.entries(node)) console.log(`  ${name}: ${rate.toFixed(1)}`);
}
