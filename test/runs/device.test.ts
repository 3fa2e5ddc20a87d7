/** @file A device whose execution provider is missing: one clear line and exit status 2, from every command that takes --device. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { main as bench } from '../../bench/cli.ts';
import { hasRuntime } from '../../src/compile/onnx/session-program.ts';
import { ebmm, expectRefused, folderOfFile } from './command.ts';
import { programFile } from './program.ts';

const folder = folderOfFile();

/** Whether onnxruntime's files for CUDA are installed: then nothing is missing that this could ask for. */
function hasCuda(): boolean {
  // Without onnxruntime the line is another (compiled-engine.test.ts).
  if (!hasRuntime()) return true;
  const { resolve } = createRequire(import.meta.url);
  const binaries = join(resolve('onnxruntime-node/package.json'), '..', 'bin');
  const files = existsSync(binaries) ? readdirSync(binaries, { recursive: true }) : [];
  return files.some((file) => String(file).includes('providers_cuda'));
}
const missing = !hasCuda();
const clear = /^\w+: onnxruntime has no working "cuda" execution provider on this machine: [^\n]+$/;

test.skipIf(!missing).each([
  ['train', ['train', 'demo', '--steps', '2', '--out', join(folder, 'run')]],
  ['evaluate', ['evaluate', 'binary-64', '--patterns', '4', '--episodes', '2', '--against', 'none']],
])('%s names the missing provider', async (_, argv) => {
  const outcome = await ebmm([...argv, '--device', 'cuda']);
  expectRefused(outcome, argv.join(' '));
  expect(outcome.err.split('\n').at(-1)).toMatch(clear);
});

test.each([
  [
    hasRuntime() ? 'onnxruntime' : 'wasm',
    'bfloat16x3',
    'products "bfloat16x3": only in machine code for processors with tiles',
  ],
  ['tfjs', 'bfloat16x6', '--products: only of the compiled engine'],
])('engine %s refuses products of %s', async (engine, products, line) => {
  const argv = ['evaluate', 'binary-64', '--episodes', '1', '--engine', engine, '--products', products];
  const outcome = await ebmm(argv);
  expectRefused(outcome, argv.join(' '));
  expect(outcome.err.split('\n').at(-1)).toContain(line);
});

/** Runs `bench ...argv` in this process. */
async function runBench(...argv: string[]) {
  const out: string[] = [];
  const err: string[] = [];
  const io = { out: (line: string) => out.push(line), err: (line: string) => err.push(line), env: {} };
  const status = await bench(argv, io);
  return { status, out: out.join('\n'), err: err.join('\n') };
}

test.skipIf(!missing)('the line is the only one', async () => {
  // As a person runs it: what native code writes to standard error counts too.
  const program = await programFile();
  const argv = ['evaluate', 'binary-64', '--episodes', '1', '--against', 'none', '--device', 'cuda'];
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...argv], { encoding: 'utf8' });
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  expect(stderr.trimEnd()).toMatch(clear);
});

test.skipIf(!missing)('bench names it too', async () => {
  const { status, out, err } = await runBench('--problem', 'reference', '--device', 'cuda');
  expect({ status, out }).toEqual({ status: 2, out: '' });
  expect(err.split('\n').at(-1)).toMatch(clear);
});

test.each([
  [
    ['--problem', 'refrence'],
    'bench: --problem: no "refrence", expected some of reference, wide, site, gated, conv',
  ],
  [['--forms', 'jax-map'], 'bench: --forms: only beside peers, expected npm run bench:peers'],
  [['--peers', '--forms', 'jax'], 'bench: --forms: no "jax", expected some of jax-vmap, jax-map'],
  [['--peers', '--threads', '1'], 'bench: --threads: the peers use all cores'],
  [
    ['--peers', '--python', '/no/python'],
    'bench: --python: /no/python cannot import numpy, jax, optax, torch',
  ],
  [['--steps', '1'], 'bench: --steps: the first does not count, expected at least 2'],
  [['--scaling', '--peers'], 'bench: --scaling: this project alone'],
])('bench refuses %j in one line', async (argv, line) => {
  const { status, out, err } = await runBench(...argv);
  expect({ status, out, lines: err.split('\n').length }).toEqual({ status: 2, out: '', lines: 1 });
  expect(err.startsWith(line), err).toBe(true);
});
