/** @file The explorer in a headless Chromium, and what tests and measurements ask of it. */
import type { Browser, Page } from 'playwright-core';
import { buildExplorer } from '../../../runs/explorer/build.ts';
import { serve } from '../../../runs/explorer/serve.ts';
import { launch } from '../browser.ts';

/** A state that is quick to come to. */
export const LIGHT = '#m=binary-64&s=bits.1.16&i=0';

/** What a test reads of the page's state. */
export interface Shown {
  chosen: string;
  count: number;
  selected: number;
  patterns: number[];
  query: number[];
  known: number[];
  iterates: number[][];
  energies: number[];
  state: Record<string, number[]>;
  wrong: number[];
  position: number;
  problem: string;
}

export interface OpenedExplorer {
  browser: Browser;
  page: Page;
  address: string;
  /** Addresses that were asked for elsewhere; errors and warnings of the console. */
  outside: string[];
  trouble: string[];
  /** Until the expression holds in the page; polled from here, since its content policy lets no text be evaluated within it. */
  until(expression: string, seconds?: number): Promise<void>;
  /** Until a recall has been computed and nothing is under way. */
  recalled(): Promise<void>;
  shown(): Promise<Shown>;
  /** Loads the page afresh, with this state in its address. */
  open(state: string): Promise<void>;
  close(): Promise<void>;
}

/** Builds the page into `folder`, serves it, and opens it with a state in its address. */
export async function openExplorer(folder: string, state = ''): Promise<OpenedExplorer> {
  await buildExplorer(folder);
  const served = await serve([folder]);
  const browser = await launch();
  const page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
  const [outside, trouble]: [string[], string[]] = [[], []];
  page.on('request', (request) => {
    const url = request.url();
    if (!url.startsWith(served.address) && !/^(data|blob):/.test(url)) outside.push(url);
  });
  page.on('pageerror', (error) => trouble.push(String(error.stack)));
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) trouble.push(message.text());
  });

  async function until(expression: string, seconds = 30) {
    const end = Date.now() + seconds * 1000;
    while (!(await page.evaluate(`Boolean(${expression})`))) {
      if (Date.now() > end) throw new Error(`after ${seconds} s it still is not so: ${expression}`);
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }
  const recalled = () =>
    until('globalThis.ebmmExplorer?.trace.value && !ebmmExplorer.busy.value && !ebmmExplorer.stale.value');
  const opened: OpenedExplorer = {
    browser,
    page,
    address: served.address,
    outside,
    trouble,
    until,
    recalled,
    shown: () => page.evaluate(SHOWN) as Promise<Shown>,
    async open(to) {
      await page.goto('about:blank');
      await page.goto(served.address + to);
      await recalled();
    },
    async close() {
      await browser.close();
      await served.close();
    },
  };
  await opened.open(state);
  return opened;
}

const SHOWN = `(() => {
  const s = ebmmExplorer;
  const plain = (values) => Array.from(values);
  const states = s.written.value.states;
  return {
    chosen: s.chosen.value, count: s.patterns.value.count, selected: s.selected.value,
    patterns: plain(s.patterns.value.values), query: plain(s.query.value.values), known: plain(s.query.value.known),
    iterates: s.trace.value.iterates.map(plain), energies: plain(s.trace.value.energies),
    state: Object.fromEntries(Object.entries(states[states.length - 1]).map(([k, v]) => [k, plain(v)])),
    wrong: plain(s.wrong.value), position: s.position.value, problem: s.problem.value,
  };
})()`;
