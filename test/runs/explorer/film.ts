/**
 * @file Films the explorer in headless Chromium, for the head of README: `npx tsx test/runs/explorer/film.ts` writes
 * docs/images/explorer.gif. The page must have been built (npm run explorer:build).
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { createCanvas, GifEncoder, loadImage } from '@napi-rs/canvas';
import { EXPLORER } from '../../../runs/explorer/build.ts';
import { serve } from '../../../runs/explorer/serve.ts';
import { launch } from '../browser.ts';

/** Of the picture; the page is filmed at 1320 pixels. */
const WIDTH = 880;
/** Milliseconds of a frame while something moves. */
const DELAY = 90;

const folder = fileURLToPath(new URL('../../../docs/images/', import.meta.url));
const served = await serve([EXPLORER]);
const browser = await launch();
const page = await browser.newPage({ viewport: { width: 1320, height: 1100 } });
const run = (code: string) => page.evaluate(code);
const until = async (expression: string) => {
  while (!(await run(`Boolean(${expression})`))) await new Promise((resolve) => setTimeout(resolve, 50));
};
const settled =
  'ebmmExplorer.trace.value && !ebmmExplorer.busy.value && !ebmmExplorer.stale.value && ebmmExplorer.energyMap.value?.last && !ebmmExplorer.mapping.value';

interface Frame {
  png: Buffer;
  delay: number;
}
const frames: Frame[] = [];
let clip = { x: 0, y: 0, width: 0, height: 0 };
const shoot = async (delay = DELAY) => {
  frames.push({ png: await page.screenshot({ clip }), delay });
};
/** From the query to the end, in so many frames. */
const fall = async (count: number) => {
  for (let k = 0; k <= count; k++) {
    // Slower at the end, as descent is.
    const share = 1 - (1 - k / count) ** 2;
    await run(
      `ebmmExplorer.playing.value = false, ebmmExplorer.position.value = ${share} * ebmmExplorer.lastStep.value`,
    );
    await shoot(k === 0 ? 900 : k === count ? 1600 : DELAY);
  }
};

try {
  await page.goto(served.address);
  await until(`globalThis.ebmmExplorer && ${settled}`);
  const box = (await page.locator('.bench').boundingBox())!;
  clip = { x: box.x - 8, y: box.y - 8, width: box.width + 16, height: Math.min(690, box.height + 16) };
  await fall(15);
  // The brush: the left half goes, too.
  const query = (await page.locator('.pair .paintable').boundingBox())!;
  await page.click('.tools >> text=Erase');
  await run('ebmmExplorer.position.value = 0, ebmmExplorer.brush.value = 9');
  const at = (x: number, y: number) =>
    page.mouse.move(query.x + x * query.width, query.y + y * query.height, { steps: 4 });
  await at(0.12, 0.32);
  await page.mouse.down();
  for (const [x, y] of [
    [0.18, 0.5],
    [0.16, 0.7],
    [0.3, 0.8],
    [0.4, 0.7],
  ]) {
    await at(x, y);
    await shoot(120);
  }
  await page.mouse.up();
  await page.mouse.move(5, 5);
  await until(settled);
  await fall(15);
} finally {
  await browser.close();
  await served.close();
}

const height = Math.round((clip.height * WIDTH) / clip.width);
const canvas = createCanvas(WIDTH, height);
const context = canvas.getContext('2d');
const encoder = new GifEncoder(WIDTH, height, { repeat: 0, quality: 8 });
let before: Uint8ClampedArray | undefined;
for (const { png, delay } of frames) {
  context.drawImage(await loadImage(png), 0, 0, WIDTH, height);
  const now = context.getImageData(0, 0, WIDTH, height).data;
  // Only what has changed since the frame before.
  const [left, top, right, bottom] = before ? changed(before, now) : [0, 0, WIDTH, height];
  const part = context.getImageData(left, top, right - left, bottom - top);
  const data = new Uint8Array(part.data.buffer, part.data.byteOffset, part.data.byteLength);
  encoder.addFrame(data, part.width, part.height, { delay, left, top });
  before = now.slice();
}
await mkdir(folder, { recursive: true });
const gif = encoder.finish();
await writeFile(`${folder}explorer.gif`, gif);
console.log(`${folder}explorer.gif: ${frames.length} frames, ${(gif.length / 1e6).toFixed(2)} MB`);

/** The smallest box around all pixels that differ, at least one pixel. */
function changed(a: Uint8ClampedArray, b: Uint8ClampedArray): [number, number, number, number] {
  let [left, top, right, bottom] = [WIDTH, height, 0, 0];
  for (let i = 0; i < a.length; i += 4) {
    if (a[i] === b[i] && a[i + 1] === b[i + 1] && a[i + 2] === b[i + 2]) continue;
    const [x, y] = [(i / 4) % WIDTH, Math.floor(i / 4 / WIDTH)];
    left = Math.min(left, x);
    right = Math.max(right, x + 1);
    top = Math.min(top, y);
    bottom = Math.max(bottom, y + 1);
  }
  return right > left ? [left, top, right, bottom] : [0, 0, 1, 1];
}
