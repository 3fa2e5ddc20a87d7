/** @file What is loaded before anything is done: help and version need neither tfjs nor what checks configurations. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { commands } from '../../runs/commands/index.ts';
import { ebmm } from './command.ts';

const main = fileURLToPath(new URL('../../runs/main.ts', import.meta.url));

/** Runs `ebmm ...argv` as a process and lists the modules that it loaded: those of the project, and the packages. */
function load(...argv: string[]) {
  const folder = mkdtempSync(join(tmpdir(), 'ebmm-load-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const list = join(folder, 'list');
  writeFileSync(list, '');
  // Node tells its loaders of every module, import or require; this one only writes down which.
  const hooks = `import { appendFileSync } from 'node:fs';
    export async function load(url, context, next) {
      appendFileSync(${JSON.stringify(list)}, url + '\\n');
      return next(url, context);
    }`;
  const register = `import { createRequire, Module, register } from 'node:module';
    import { appendFileSync } from 'node:fs';
    const before = Module._load;
    Module._load = function (name, ...rest) { appendFileSync(${JSON.stringify(list)}, 'require:' + name + '\\n'); return before.call(this, name, ...rest); };
    register('data:text/javascript,' + encodeURIComponent(${JSON.stringify(hooks)}));`;
  const tool = join(folder, 'register.mjs');
  writeFileSync(tool, register);
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--import', 'tsx', '--import', tool, main, ...argv],
    { encoding: 'utf8', env: { ...process.env, NODE_OPTIONS: '' } },
  );
  const loaded = readFileSync(list, 'utf8').trim().split('\n');
  const packages = loaded.flatMap((url) => {
    const [, inside] = /node_modules\/((?:@[^/]+\/)?[^/]+)\/(?!.*node_modules\/)/.exec(url) ?? [];
    return inside ?? /^require:([^./][^:]*)$/.exec(url)?.[1] ?? [];
  });
  const own = loaded.flatMap((url) => /\/((?:runs|meta|tasks|src)\/[^?]+\.ts)/.exec(url)?.[1] ?? []);
  return { status, stdout, stderr, packages: [...new Set(packages)], own: [...new Set(own)] };
}

/** What the table of commands needs. */
const LIGHT = ['commander', 'tsx', 'get-tsconfig', 'esbuild', 'resolve-pkg-maps'];

test.each([[['--help']], [['--version']], [['help']], [['nonsense']]])(
  'ebmm %s loads commander and a few files of its own, no tfjs, no zod, no engine',
  { timeout: 60_000 },
  (argv) => {
    const { status, stdout, stderr, packages, own } = load(...argv);
    expect(status, stderr).toBe(argv[0] === 'nonsense' ? 2 : 0);
    if (argv[0] === '--version') expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect(own).toContain('runs/commands/index.ts');
    expect(packages).toContain('commander');
    const foreign = packages.filter((name) => !LIGHT.includes(name) && !isBuiltin(name));
    expect(foreign).toEqual([]);
    expect(own.filter((file) => /^(meta|tasks|src\/\w+)\//.test(file))).toEqual([]);
    expect(own.length).toBeLessThan(15);
  },
);

test('what is heavy would be seen', { timeout: 60_000 }, () => {
  const { packages, own } = load('train', '--help');
  expect(packages).toEqual(expect.arrayContaining(['@tensorflow/tfjs', 'zod']));
  expect(own).toContain('meta/config.ts');
});

test('a command loads what it needs and no other command', { timeout: 60_000 }, () => {
  const { own, packages } = load('data', '--json');
  expect(own).toContain('runs/commands/data.ts');
  expect(own.filter((file) => file.startsWith('runs/commands/'))).toEqual([
    'runs/commands/index.ts',
    'runs/commands/data.ts',
  ]);
  expect(packages.filter((name) => /tfjs|onnx|chart/.test(name))).toEqual([]);
});

test('help lists every command that is for people with what it is for, in groups', async () => {
  const { out } = await ebmm(['--help']);
  for (const { name, about, group, hidden } of commands) {
    const line = new RegExp(`^ {2}${name} +${about.slice(0, 20).replace(/[().]/g, '.')}`, 'm');
    if (hidden) expect(out).not.toMatch(line);
    else expect(out).toMatch(line);
    expect(out).toContain(`${group}:`);
  }
});

test.each(commands.map(({ name, about }) => [name, about]))('help %s says what %j', async (name, about) => {
  const { status, out } = await ebmm(['help', name]);
  expect(status).toBe(0);
  expect(out).toMatch(new RegExp(`^Usage: ebmm ${name} `));
  expect(out.replace(/\s+/g, ' ')).toContain(about);
});
