/** @file Makes the package's code in dist/: JavaScript with types, and beside it the files that it reads. `npm pack` calls it. */
import { execFileSync } from 'node:child_process';
import { cp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { buildExplorer } from './explorer/build.ts';

const root = new URL('../', import.meta.url);
const inside = (path: string) => fileURLToPath(new URL(path, root));

await rm(inside('dist'), { recursive: true, force: true });
const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
execFileSync(process.execPath, [tsc, '-p', inside('runs/tsconfig.build.json')], { stdio: 'inherit' });
await plainTypes();
// Scripts of threads are JavaScript as they are.
const scripts = (await readdir(inside('src'), { recursive: true })).filter((path) => /\.c?js$/.test(path));
const resources = [
  ...scripts.map((path) => `src/${path}`),
  'package.json',
  'runs/presets',
  'runs/pretrained',
  'runs/report/browser.js',
  'runs/report/compare.browser.js',
  'runs/report/browser.css',
];
for (const path of resources) await cp(inside(path), inside(`dist/${path}`), { recursive: true });
await buildExplorer();

/**
 * Types that pass a check of libraries (skipLibCheck false). Those of tfjs's layers do not, and nothing here is of layers: types come from
 * its core, with the chained operations that tfjs adds to tensors, and the global `Long` that the core takes for granted.
 */
async function plainTypes(): Promise<void> {
  for (const name of await readdir(inside('dist'), { recursive: true })) {
    if (!name.endsWith('.d.ts')) continue;
    const file = inside(`dist/${name}`);
    const text = await readFile(file, 'utf8');
    const core = text.replaceAll("'@tensorflow/tfjs'", "'@tensorflow/tfjs-core'");
    const entry = /^runs[/\\](index|browser)\.d\.ts$/.test(name);
    const head = entry
      ? `/// <reference types="long" />\nimport '@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops.js';\n`
      : '';
    if (head + core !== text) await writeFile(file, head + core);
  }
}
