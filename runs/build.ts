/** @file Makes the package's code in dist/: JavaScript with types, and beside it the files that it reads. `npm pack` calls it. */
import { execFileSync } from 'node:child_process';
import { cp, readdir, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { buildExplorer } from './explorer/build.ts';

const root = new URL('../', import.meta.url);
const inside = (path: string) => fileURLToPath(new URL(path, root));

await rm(inside('dist'), { recursive: true, force: true });
const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
execFileSync(process.execPath, [tsc, '-p', inside('runs/tsconfig.build.json')], { stdio: 'inherit' });
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
