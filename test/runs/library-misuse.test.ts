/**
 * @file Every function of the library with arguments that are none: it takes them, or tells in one line what it expected. Each call that is
 * right (library-calls.ts) is made wrong in every place.
 */
import { afterAll, expect, test } from 'vitest';
import * as page from '../../runs/browser.ts';
import * as library from '../../runs/index.ts';
import { folderOfFile } from './command.ts';
import { type Call, callable, calls, methods, pageCalls } from './library-calls.ts';

// Where a wrong name of a folder is the name of one.
const before = process.cwd();
process.chdir(folderOfFile());
afterAll(() => process.chdir(before));

const gone = library.tf.tensor1d([1]);
gone.dispose();
const wrong: readonly (readonly [string, unknown])[] = [
  ['undefined', undefined],
  ['null', null],
  ['NaN', Number.NaN],
  ['-1', -1],
  ['2^60', 2 ** 60],
  ['3n', 3n],
  ['a symbol', Symbol('s')],
  ['lines and bells', 'a\nb\u0007'],
  ['a list with holes', new Array(2)],
  ['a tensor of text', library.tf.tensor(['a'])],
  ['a tensor that is gone', gone],
  ['"?"', '?'],
  ['[]', []],
  ['[null]', [null]],
  ['{}', {}],
  // Of several lines, as text.
  ['a tensor', library.tf.tensor1d([1, 2, 3])],
];

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;

/** Too few arguments; then each, and each value of those that are objects, replaced by every wrong one. */
function* spoilt(args: readonly unknown[]): Generator<readonly [string, unknown[]]> {
  for (let i = 0; i < args.length; i++) {
    yield [`${i} arguments`, args.slice(0, i)];
    for (const [name, value] of wrong) {
      const place = (replaced: unknown) => args.map((arg, j) => (j === i ? replaced : arg));
      yield [`argument ${i + 1} ${name}`, place(value)];
      const arg = args[i];
      if (isRecord(arg))
        for (const key of Object.keys(arg))
          yield [`argument ${i + 1}, ${key} ${name}`, place({ ...arg, [key]: value })];
      else if (Array.isArray(arg) && arg.length > 0)
        yield [`argument ${i + 1}, first ${name}`, place([value, ...arg.slice(1)])];
    }
  }
}

const functions = { ...callable(library, ['tf', 'z']), ...methods };
const ofPage = callable(page, ['tf']);

test('every function is called here', () => {
  expect(Object.keys(calls).sort()).toEqual(Object.keys(functions).sort());
  expect(Object.keys(pageCalls).sort()).toEqual(Object.keys(ofPage).concat(Object.keys(pageCalls).filter((name) => name in methods)).sort()); // biome-ignore format: one thought
});

const all: [string, (...args: never[]) => unknown, Call][] = [
  ...Object.entries(functions).map(([name, f]): (typeof all)[number] => [name, f, calls[name]]),
  ...Object.entries(ofPage)
    .filter(([name]) => !(name in functions))
    .map(([name, f]): (typeof all)[number] => [name, f, pageCalls[name]]),
];

test.each(all)('%s', async (_, f, call) => {
  // What is right is taken.
  await f(...(call() as never[]));
  for (const [what, args] of spoilt(call())) {
    const error = await (async () => f(...(args as never[])))().then(
      () => undefined,
      (thrown) => thrown,
    );
    if (error === undefined) continue;
    expect(error, what).toBeInstanceOf(library.InputError);
    expect((error as Error).message, what).toMatch(/^\P{Cc}+$/u);
    expect((error as Error).message, what).not.toMatch(/Cannot read|is not a function|not iterable|\[object/);
  }
});
