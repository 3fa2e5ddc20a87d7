/**
 * @file The command line as a process of its own, for tests of what becomes of processes. All of the project's code is made one file, once
 * for all test files of a worker: it starts in half of what tsx takes to load hundreds of them each time.
 */
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('../../', import.meta.url));
let made: Promise<string> | undefined;

/** The file that node runs as `ebmm`; trials that it starts are of the same file. */
export function programFile(): Promise<string> {
  made ??= make();
  return made;
}

async function make(): Promise<string> {
  const folder = mkdtempSync(join(process.env.EBMM_TEST_FOLDER ?? tmpdir(), 'ebmm-program-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  // Packages are loaded as they are, from where they are.
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'), 'junction');
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  await build({
    absWorkingDir: root,
    entryPoints: ['runs/main.ts'],
    outdir: folder,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    packages: 'external',
    logLevel: 'warning',
    plugins: [{ name: 'places', setup: ({ onLoad }) => onLoad({ filter: /\.ts$/ }, placed(folder)) }],
  });
  return join(folder, 'main.js');
}

/** Code that takes itself to be where its source is, beside what it reads; what starts the program again, to be in the folder. */
const placed = (folder: string) => (source: { path: string }) => {
  const text = readFileSync(source.path, 'utf8');
  const path = /sweep.child\.ts$/.test(source.path) ? join(folder, 'sweep', 'child.js') : source.path;
  return {
    loader: 'ts' as const,
    contents: text.replaceAll('import.meta.url', JSON.stringify(pathToFileURL(path).href)),
  };
};
