/** @file Modules of users: what belongs to them, what their imports mean, what is said of wrong ones. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { z } from 'zod';
import * as library from '../../../runs/index.ts';
import { loadModule, readSource } from '../../../src/modules/index.ts';
import { checkOptions } from '../../../src/modules/options.ts';

const folder = mkdtempSync(join(tmpdir(), 'ebmm-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let count = 0;

/** A project of its own with these files; the path of the first. */
function project(files: Record<string, string>): string {
  const root = join(folder, `${++count}`);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
  return join(root, Object.keys(files)[0]);
}

const load = (file: string) => loadModule('network', file, {});

test('ebmm and tfjs are those that run, whatever is installed where the module lies', async () => {
  const file = project({
    'a.ts': `
      import { tf, stream, type EnergyNetwork } from 'ebmm';
      import * as tfjs from '@tensorflow/tfjs';
      import { sum } from '@tensorflow/tfjs-core';
      export default { tf, stream, tfjs, sum };
      export const typed = 1 as unknown as EnergyNetwork;`,
    'node_modules/@tensorflow/tfjs/index.js': 'throw new Error("another copy");',
  });
  const { exported } = await load(file);
  const { tf, stream, tfjs, sum } = exported as Record<string, unknown> & { tf: typeof library.tf };
  expect(tf.sum).toBe(library.tf.sum);
  expect(stream).toBe(library.stream);
  expect((tfjs as typeof library.tf).Tensor).toBe(library.tf.Tensor);
  expect(sum).toBe(library.tf.sum);
});

test('all that a module imports by relative path belongs to it: code, JSON, types, files named by URL', async () => {
  const file = project({
    'sub/a.ts': `
      import { b } from '../lib/b.js';
      import words from './words.json' with { type: 'json' };
      import { c } from './c';
      import type { T } from './types.ts';
      import { readFileSync } from 'node:fs';
      export { d } from '../lib/d.mjs';
      const text: T = readFileSync(new URL('./text.txt', import.meta.url), 'utf8');
      const late = async () => (await import('../lib/late.mjs')).default;
      export default { b, c, words, text, late };`,
    'lib/b.ts': `import { d } from './d.mjs'; export const b: number = d + 1;`,
    'lib/d.mjs': `import { b } from './b.js'; export const d = 1; export const again = () => b;`,
    'lib/late.mjs': 'export default 7;',
    'sub/c/index.js': 'export const c = 3;',
    'sub/words.json': '["one", "two"]',
    'sub/types.ts': 'export type T = string;',
    'sub/text.txt': 'some text',
    'sub/unused.ts': 'export default 1;',
  });
  const { files, root } = await readSource(file, 'network.file');
  const names = files.map(({ path }) => path.slice(root.length + 1)).sort();
  expect(names).toEqual(
    ['lib/b.ts', 'lib/d.mjs', 'lib/late.mjs', 'sub/a.ts', 'sub/c/index.js', 'sub/text.txt', 'sub/types.ts', 'sub/words.json'], // biome-ignore format: a list
  );
  const { exported } = await load(file);
  expect(exported).toMatchObject({ b: 2, c: 3, words: ['one', 'two'], text: 'some text' });
  expect(await (exported as { late(): Promise<number> }).late()).toBe(7);
});

test('packages are found where the module lies', async () => {
  const file = project({
    'a.mjs': `import { three } from 'other/three'; import other from '@scope/other'; export default { three, other };`,
    'node_modules/other/package.json':
      '{"name":"other","type":"module","exports":{"./three":{"import":"./3.js"}}}',
    'node_modules/other/3.js': 'export const three = 3;',
    'node_modules/@scope/other/package.json': '{"name":"@scope/other","main":"main.cjs"}',
    'node_modules/@scope/other/main.cjs': 'module.exports = "common";',
  });
  expect((await load(file)).exported).toEqual({ three: 3, other: 'common' });
});

test('changed bytes are another module, the same bytes the same', async () => {
  const file = project({ 'a.mjs': 'export default {};' });
  const { exported } = await load(file);
  expect((await load(file)).exported).toBe(exported);
  writeFileSync(file, 'export default { changed: true };');
  expect((await load(file)).exported).toEqual({ changed: true });
});

test.each<[string, Record<string, string>, string | RegExp]>([
  ['no file', { 'there.mjs': '' }, 'absent.mjs: no such file (network.file)'],
  ['no module', { 'a.txt': '' }, 'expected a module of TypeScript or JavaScript: .ts, .mts, .js, .mjs (network.file)'],
  ['a wrong import', { 'a.mjs': `import './b.mjs'; export default 1;` }, 'imports "./b.mjs": no such file'],
  ['an import of no code', { 'a.mjs': `import './b.wasm'; export default 1;`, 'b.wasm': '' }, 'imports "./b.wasm", expected .ts, .mts, .js, .mjs, .json'],
  ['a package that is absent', { 'a.mjs': `import 'not-installed'; export default 1;` }, 'imports "not-installed", which is not installed where it lies'],
  ['wrong TypeScript', { 'a.ts': 'export default 1;\nconst = 2;' }, /a\.ts:2:7: cannot be parsed: Expected identifier/],
  ['wrong JavaScript', { 'a.mjs': 'export default 1;\nimport {' }, /a\.mjs:\d+: cannot be parsed as JavaScript/],
  ['what V8 refuses', { 'a.mjs': 'export default 1;\nconst = 2;' }, /cannot be imported: (Unexpected token|Parse)/],
  ['wrong JSON', { 'a.mjs': `import b from './b.json'; export default b;`, 'b.json': '{' }, 'b.json: not JSON'],
  ['CommonJS', { 'a.js': 'module.exports = 1;' }, 'is CommonJS (module.exports), expected a module: export default'],
  ['no export', { 'a.mjs': 'export const other = 1;' }, 'has neither a default export nor an export "network"'],
  ['an error', { 'a.mjs': 'throw new Error("on purpose\\nmore");' }, /cannot be imported: on purpose$/],
])('%s is one line', async (_, files, said) => {
  const first = project(files);
  const file = 'there.mjs' in files ? join(dirname(first), 'absent.mjs') : first;
  const error = await load(file).then(
    () => undefined,
    (e: Error) => e,
  );
  expect(error?.name).toBe('InputError');
  expect(error?.message).not.toContain('\n');
  if (typeof said === 'string') expect(error?.message).toContain(said);
  else expect(error?.message).toMatch(said);
}); // biome-ignore format: a table

const schema = z.object({ width: z.int().min(1).default(16), kind: z.enum(['a', 'b']).optional() });

test('a schema fills in defaults, and says in a line what is wrong', async () => {
  const check = (given: Record<string, unknown>) => checkOptions(schema, given, 'network', 'mine.ts');
  expect((await check({})).options).toEqual({ width: 16 });
  expect((await check({ width: 8, kind: 'b' })).kept).toEqual({ width: 8, kind: 'b' });
  await expect(check({ width: 'x' })).rejects.toThrow(
    /^network\.width is "x": .*expected.* \(options of mine\.ts\)$/,
  );
  await expect(check({ width: 0 })).rejects.toThrow(/^network\.width is 0: /);
  await expect(check({ widht: 8 })).rejects.toThrow('network: unknown option "widht"; did you mean "width"?');
  await expect(check({ colour: 8 })).rejects.toThrow(
    'network: unknown option "colour"; mine.ts has width, kind',
  );
  await expect(checkOptions({}, {}, 'network', 'mine.ts')).rejects.toThrow(
    'its export "options" is no schema',
  );
});

test('a schema of any library that follows the Standard Schema does', async () => {
  const own = {
    '~standard': {
      version: 1,
      vendor: 'own',
      validate: (value: unknown) =>
        (value as { n?: number }).n === 1
          ? { value }
          : { issues: [{ message: 'Must be 1', path: [{ key: 'n' }] }] },
    },
  };
  expect((await checkOptions(own, { n: 1 }, 'task', 'mine.ts')).options).toEqual({ n: 1 });
  await expect(checkOptions(own, { n: 2 }, 'task', 'mine.ts')).rejects.toThrow(
    'task.n is 2: must be 1 (options of mine.ts)',
  );
});

test('what a schema changes is not what a configuration keeps, unless it takes it again', async () => {
  const doubling = z.object({ n: z.number().transform((n) => 2 * n) });
  const { options, kept } = await checkOptions(doubling, { n: 1 }, 'network', 'mine.ts');
  expect(options).toEqual({ n: 2 });
  expect(kept).toEqual({ n: 1 });
});

test('without a schema, options that nothing reads are slips', async () => {
  const check = async (
    use: (options: Record<string, unknown>) => unknown,
    given: Record<string, unknown>,
  ) => {
    const checked = await checkOptions(undefined, given, 'network', 'mine.ts');
    use(checked.options);
    checked.checkRead();
  };
  await check(({ width = 8 }) => width, { width: 3 });
  await check((options) => ({ ...options }), { anything: 3 });
  await check((options) => 'width' in options, { width: 3 });
  await expect(check(({ width = 8 }) => width, { widht: 3 })).rejects.toThrow(
    'network.widht: mine.ts reads no such option; did you mean "width"?',
  );
  await expect(check(() => 1, { width: 3 })).rejects.toThrow('a schema that it exports as "options"');
});
