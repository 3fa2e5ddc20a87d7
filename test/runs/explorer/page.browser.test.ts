import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { createCanvas } from '@napi-rs/canvas';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { packBits } from '../../../runs/explorer/page/lab/bits.ts';
import { drawDigits } from '../../../runs/explorer/page/lab/digits.ts';
import { loadRun, memoryOf } from '../../../runs/run-folder.ts';
import { compiledEngine } from '../../../src/compile/index.ts';
import { executable } from '../browser.ts';
import { folderOfFile } from '../command.ts';
import { LIGHT, type OpenedExplorer, openExplorer } from './opened.ts';
import { npyBytes } from './page/lab/npy-bytes.ts';

if (!executable)
  console.warn('the explorer is not looked at in a browser: no Chromium (EBMM_CHROMIUM names one)');

describe.runIf(executable)('the explorer in headless Chromium', () => {
  const folder = join(folderOfFile(), 'page');
  let explorer: OpenedExplorer;
  let page: OpenedExplorer['page'];
  const until: OpenedExplorer['until'] = (...what) => explorer.until(...what);
  const open = (state: string) => explorer.open(state);
  const recalled = () => explorer.recalled();
  const shown = () => explorer.shown();

  beforeAll(async () => {
    explorer = await openExplorer(folder);
    page = explorer.page;
  }, 120_000);
  afterAll(async () => {
    await explorer?.close();
  });

  const problem = () => page.locator('[role=alert] p');

  interface GivenFile {
    name: string;
    mimeType: string;
    buffer: Buffer;
  }
  const file = (name: string, buffer: Buffer | Uint8Array | string): GivenFile => ({
    name,
    mimeType: 'application/octet-stream',
    buffer: Buffer.from(buffer as string),
  });
  /** Drops files on the page, as a hand does. */
  const drop = (...files: GivenFile[]) =>
    page.evaluate(`{
      const carried = new DataTransfer();
      for (const { name, bytes } of ${JSON.stringify(files.map(({ name, buffer }) => ({ name, bytes: [...buffer] })))})
        carried.items.add(new File([Uint8Array.from(bytes)], name));
      for (const type of ['dragover', 'drop'])
        document.body.dispatchEvent(new DragEvent(type, { dataTransfer: carried, bubbles: true, cancelable: true }));
    }`);

  test('drawings stand on the shelf, one is spoilt, and recall has mended it', async () => {
    const { wrong, iterates, count } = await shown();
    expect(count).toBe(16);
    expect(await page.locator('.patterns canvas').count()).toBe(16);
    expect(wrong[0]).toBeGreaterThan(80);
    expect(wrong.at(-1)).toBeLessThan(30);
    expect(iterates).toHaveLength(6);
    await until('ebmmExplorer.energyMap.value?.last');
    expect(await page.locator('.map .contour').count()).toBeGreaterThan(5);
  });

  test('in ten seconds: random bits, a brush, recall, and its steps', async () => {
    await page.click('.segmented >> text=Random bits');
    await recalled();
    expect((await shown()).chosen).toBe('binary-96');
    await page.click('.patterns li:nth-child(4) button');
    await recalled();
    await page.click('text=Clean');
    await until('ebmmExplorer.wrong.value[0] === 0');
    await page.locator('.pair .paintable').scrollIntoViewIfNeeded();
    const box = (await page.locator('.pair .paintable').boundingBox())!;
    await page.mouse.move(box.x + 10, box.y + box.height / 2);
    await page.mouse.down();
    for (let k = 1; k <= 12; k++) await page.mouse.move(box.x + (k * box.width) / 13, box.y + box.height / 2);
    await page.mouse.up();
    await until('ebmmExplorer.wrong.value[0] > 4');
    await recalled();
    const { wrong, selected, iterates } = await shown();
    expect(selected).toBe(3);
    expect(wrong.at(-1)).toBe(0);
    // Played, it comes to its end by itself; then step by step, back and on.
    await until('!ebmmExplorer.playing.value');
    expect((await shown()).position).toBe(iterates.length - 1);
    await page.click('[aria-label="One step back"]');
    expect((await shown()).position).toBe(iterates.length - 2);
    await page.click('[aria-label="Play"]');
    await until('!ebmmExplorer.playing.value');
    expect((await shown()).position).toBe(iterates.length - 1);
    await page.locator('[aria-label="Step of recall"]').focus();
    await page.keyboard.press('ArrowLeft');
    expect((await shown()).position).toBe(iterates.length - 2);
  });

  test.each(['omniglot-16', 'omniglot-4k', 'binary-64', 'binary-unknown'])(
    '%s recalls as in Node, to 1e-4',
    async (name) => {
      await page.selectOption('.memory-choice', name);
      await until(`ebmmExplorer.memory.value?.id === '${name}'`);
      await recalled();
      const page_ = await shown();
      const run = await loadRun(name);
      const engine = compiledEngine({ threads: 1 });
      const memory = memoryOf(run, engine);
      const inside = (values: number[]) => Float32Array.from(values, (v) => 2 * v - 1);
      const state = await memory.write(inside(page_.patterns), 1, page_.count);
      const scale = (values: ArrayLike<number>) => Math.max(1, ...Array.from(values, Math.abs));
      for (const [key, values] of Object.entries(state)) {
        expectClose(page_.state[key], values as Float32Array, 1e-4 * scale(values), key);
      }
      const { iterates, energies } = await memory.read(state, inside(page_.query), 1, 1, {
        known: run.config.known ? Float32Array.from(page_.known) : undefined,
        trace: true,
      });
      for (const [k, x] of iterates.entries()) {
        expectClose(inside(page_.iterates[k + 1]), x, 1e-4, `iterate ${k + 1}`);
      }
      const expected = energies.map((e) => e[0]);
      expectClose(page_.energies, expected, 1e-4 * scale(expected), 'energies');
      await engine.dispose();
    },
  );

  test('the address brings the same state back; back and forward undo and redo', async () => {
    await open('');
    await page.click('.patterns li:nth-child(3) button');
    await until('location.hash.includes("i=2")');
    await page.click('.segmented >> text=Digits');
    await until('location.hash.includes("digits")');
    const before = await shown();
    const address = await page.evaluate('location.hash');
    await page.goBack();
    await until('ebmmExplorer.patterns.value.kind === "drawings"');
    await recalled();
    expect((await shown()).selected).toBe(2);
    await page.goForward();
    await until('ebmmExplorer.patterns.value.kind === "digits"');
    await recalled();
    expect(await shown()).toMatchObject({ query: before.query, patterns: before.patterns });
    await open(address as string);
    const again = await shown();
    expect(again).toMatchObject({ query: before.query, patterns: before.patterns, chosen: before.chosen });
    expectClose(again.iterates.at(-1)!, before.iterates.at(-1)!, 1e-6, 'recalled');
  });

  test('a spoilt query and drawings of one’s own are in the address, too', async () => {
    await open('');
    await page.click('[aria-label="Draw a pattern"]');
    const sheet = page.locator('dialog .paintable');
    const box = (await sheet.boundingBox())!;
    await page.mouse.move(box.x + 40, box.y + 40);
    await page.mouse.down();
    for (let k = 1; k <= 8; k++) await page.mouse.move(box.x + 40 + k * 30, box.y + 40 + k * 20);
    await page.mouse.up();
    await page.click('text=Store it with the others');
    await until('ebmmExplorer.patterns.value.count === 17');
    await recalled();
    const drawn = await shown();
    expect(drawn.selected).toBe(16);
    await until('location.hash.includes("own")');
    await open((await page.evaluate('location.hash')) as string);
    const again = await shown();
    expect(packBits(again.patterns)).toEqual(packBits(drawn.patterns));
    expect(again.query).toEqual(drawn.query);
  });

  test('basins are followed, and can be called off', async () => {
    await open(LIGHT);
    await until('ebmmExplorer.energyMap.value?.last');
    await page.click('.basins .switch');
    await until('ebmmExplorer.basins.value?.done > 0');
    const reached = (await page.evaluate('Array.from(ebmmExplorer.basins.value.reached)')) as number[];
    expect(reached.some((to) => to >= 0)).toBe(true);
    await page.click('.basins .switch');
    await until('ebmmExplorer.basins.value === undefined');
  });

  test('rivals answer the same query; errors against load are measured', async () => {
    await open('#m=binary-64&s=bits.1.32&i=0');
    await until('ebmmExplorer.rivalRecalls.value.length === 4');
    const answers = await page.evaluate(
      'ebmmExplorer.rivalRecalls.value.map(({ memory, floats }) => [memory, floats])',
    );
    expect(answers).toEqual([
      ['hebb', 8256],
      ['storkey', 8256],
      ['pseudo-inverse', 8256],
      ['modern', 4096],
    ]);
    await page.click('text=Measure here');
    await until('ebmmExplorer.loadPoints.value.length > 9');
    await page.click('.loads >> text=Stop');
  });

  test('what a damaged or foreign file is, is said, and nothing changes', async () => {
    await open(LIGHT);
    const weights = readFileSync(join(folder, 'memories', 'binary-96', 'weights.safetensors'));
    const config = readFileSync(join(folder, 'memories', 'binary-96', 'config.json'));
    const damaged = Buffer.from(weights);
    damaged[weights.length - 100] ^= 4;
    const give = async (...files: GivenFile[]) => {
      await page.setInputFiles('input[type=file]', files);
      await problem().waitFor();
      const said = await problem().textContent();
      await page.click('text=Dismiss');
      return said;
    };
    const cut = weights.subarray(0, 5000);
    expect(await give(file('a.safetensors', cut), file('config.json', config))).toMatch(
      /a\.safetensors: not a readable safetensors file \(.*cut off\)/,
    );
    expect(await give(file('a.safetensors', damaged), file('config.json', config))).toMatch(
      /a: damaged, its checksum does not fit/,
    );
    expect(await give(file('a.safetensors', weights))).toMatch(/drop the run's config\.json/);
    expect(await give(file('a.safetensors', weights), file('config.json', '{'))).toMatch(/not JSON/);
    expect(
      await give(file('a.safetensors', weights), file('config.json', '{"task":{"name":"binary"}}')),
    ).toMatch(/network/);
    expect(await give(file('a.npy', 'nothing'))).toBe('a.npy: not a .npy file');
    expect(await give(file('a.png', 'nothing'))).toMatch(/a\.png: neither a picture/);
    expect((await shown()).chosen).toBe('binary-64');
    // Whole, it is used.
    await page.setInputFiles('input[type=file]', [
      file('mine.safetensors', weights),
      file('config.json', config),
    ]);
    await until('ebmmExplorer.memory.value?.id === "mine"');
    await recalled();
    expect((await shown()).wrong.at(-1)).toBe(0);
  });

  test('patterns dropped as .npy and as pictures are stored; what does not fit is said', async () => {
    await open('');
    const digits = drawDigits(3, 32, 5);
    await drop(file('digits.npy', npyBytes([3, 32, 32], digits.map((b) => 2 * b - 1)))); // biome-ignore format: one file
    await until('ebmmExplorer.patterns.value.kind === "own" && ebmmExplorer.patterns.value.count === 3');
    await recalled();
    expect((await shown()).patterns).toEqual([...digits]);
    expect((await shown()).wrong.at(-1)).toBeLessThan(60);
    // A dark cross on grey paper, larger than a pattern and not square; with the array in one go.
    const canvas = createCanvas(192, 96);
    const context = canvas.getContext('2d');
    context.fillStyle = '#c9c4b8';
    context.fillRect(0, 0, 192, 96);
    context.fillStyle = '#27303a';
    context.fillRect(84, 0, 24, 96);
    context.fillRect(0, 36, 192, 24);
    await drop(file('cross.png', canvas.toBuffer('image/png')), file('digits.npy', npyBytes([1024], digits.subarray(0, 1024)))); // biome-ignore format: two files
    await until('ebmmExplorer.patterns.value.count === 2');
    await recalled();
    const cross = (await shown()).patterns.slice(0, 1024);
    // 192 x 96 becomes 32 x 16 in the middle: rows 8 to 23, of which 14 to 17 are the bar, columns 14 to 17 the post.
    const expected = Array.from({ length: 1024 }, (_, i) => {
      const [row, column] = [Math.floor(i / 32), i % 32];
      return Number(row >= 8 && row < 24 && ((row >= 14 && row < 18) || (column >= 14 && column < 18)));
    });
    expect(cross.filter((v, i) => v !== expected[i]).length).toBeLessThan(5);
    await drop(file('few.npy', npyBytes([3, 100], new Float32Array(300))));
    await problem().waitFor();
    expect(await problem().textContent()).toBe(
      'few.npy: has shape [3, 100], expected [n, 1024] or [n, 32, 32] for this memory',
    );
    await page.click('text=Dismiss');
    expect((await shown()).count).toBe(2);
    expect(await page.locator('.dropping').count()).toBe(0);
  });

  test('trained from nothing, it makes under one wrong bit at 32 patterns, and is used at once', async () => {
    await open(LIGHT);
    await page.evaluate(`{
      const set = (label, value) => {
        const input = [...document.querySelectorAll('.training label')].find((l) => l.textContent.includes(label)).querySelector('input');
        input.value = value;
        input.dispatchEvent(new Event('input', { bubbles: true }));
      };
      set('Patterns', 32);
      set('Updates', 40);
    }`);
    await page.click('.training .primary');
    await until('ebmmExplorer.curve.value.length === 40 && !ebmmExplorer.training.value');
    const errors = (await page.evaluate('ebmmExplorer.curve.value.map((u) => u.error)')) as number[];
    const mean = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length;
    expect(mean(errors.slice(0, 3))).toBeGreaterThan(2);
    expect(mean(errors.slice(-5))).toBeLessThan(1);
    await page.click('text=Use this memory');
    await until('ebmmExplorer.memory.value?.id === "trained-here"');
    await recalled();
    const { wrong, count } = await shown();
    expect(count).toBe(16);
    expect(wrong.at(-1)).toBeLessThan(4);
  });

  test('what is seen is saved as SVG and PNG', async () => {
    await open(LIGHT);
    await until('ebmmExplorer.energyMap.value?.last');
    const saved = async (title: string) => {
      const download = page.waitForEvent('download');
      await page.click('[aria-label=Share]');
      await page.click(`text=${title}`);
      const bytes = readFileSync(await (await download).path());
      await page.keyboard.press('Escape');
      return bytes;
    };
    const svg = (await saved('Save as SVG')).toString();
    expect(svg).toMatch(/^<svg .*<\/svg>$/s);
    expect(svg.match(/<image /g)).toHaveLength(4);
    expect((await saved('Save as PNG')).subarray(1, 4).toString()).toBe('PNG');
  });

  test.each([360, 800, 1400])('at %i pixels nothing is cut off or unnamed', async (width) => {
    await page.setViewportSize({ width, height: 800 });
    await open(LIGHT);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
    await page.evaluate(readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8'));
    const found = (await page.evaluate(
      'axe.run({ resultTypes: ["violations"] }).then(({ violations }) => violations.map((v) => v.id + ": " + v.nodes.map((n) => n.html).join(" ")))',
    )) as string[];
    expect(found).toEqual([]);
  });

  test('by keyboard alone the query is spoilt and recalled', async () => {
    await page.setViewportSize({ width: 1400, height: 900 });
    await open(LIGHT);
    await page.click('text=Clean');
    await until('ebmmExplorer.wrong.value[0] === 0');
    await page.locator('.tools button').first().focus();
    await page.keyboard.press('Shift+Tab');
    expect(await page.evaluate('document.activeElement.className')).toBe('paintable');
    for (const key of ['ArrowRight', 'ArrowDown', ' ', 'Shift+ArrowRight', 'Shift+ArrowRight', ' ']) {
      await page.keyboard.press(key);
    }
    await until('ebmmExplorer.query.value.known.some((k) => k === 0)');
    await recalled();
    expect(await page.locator('[role=status]').textContent()).toMatch(/Recalled in \d+ steps/);
  });

  test('nothing is loaded from elsewhere, nothing went wrong, and the page is small', () => {
    expect(explorer.outside).toEqual([]);
    expect(explorer.trouble).toEqual([]);
    const sizes = (path: string): number[] =>
      readdirSync(path, { withFileTypes: true }).flatMap((entry) =>
        entry.isDirectory() ? sizes(join(path, entry.name)) : [statSync(join(path, entry.name)).size],
      );
    const all = sizes(folder).reduce((a, b) => a + b, 0);
    const memories = sizes(join(folder, 'memories')).reduce((a, b) => a + b, 0);
    expect(all - memories).toBeLessThan(2_000_000);
    expect(existsSync(join(folder, 'index.html'))).toBe(true);
  });
});

function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>, within: number, what: string) {
  expect(actual.length, what).toBe(expected.length);
  let most = 0;
  for (let i = 0; i < expected.length; i++) most = Math.max(most, Math.abs(actual[i] - expected[i]));
  expect(most, what).toBeLessThan(within);
}
