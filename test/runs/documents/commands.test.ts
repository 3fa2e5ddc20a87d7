/** @file Every command in the pages of the project goes through the real command line, which parses it and does not run it. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { commandLine } from '../../../runs/cli.ts';
import { commands } from '../../../runs/commands/index.ts';
import type { IO } from '../../../runs/io.ts';
import { configure, parseChange, presetNames } from '../../../runs/presets.ts';
import { findRun } from '../../../runs/run-folder.ts';
import { pages, root, shellLines, wordsOf } from './pages.ts';

const EBMM = ['npm', 'run', 'ebmm', '--'];
const scripts = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).scripts as Record<
  string,
  string
>;

/** What a line was parsed to. */
interface Parsed {
  /** For instance 'diffusion compare'. */
  command: string;
  /** As given; a list where the command takes several. */
  args: (string | string[] | undefined)[];
  options: Record<string, unknown>;
}

/** The project's command line with nothing behind its commands. */
async function parse(argv: string[]): Promise<Parsed> {
  const io: IO = { out() {}, err() {}, stream: process.stderr, env: {}, stopping: {} };
  const program = await commandLine(io, () => {});
  let parsed: Parsed | undefined;
  const silence = (command: Command, path: string) => {
    if (command.commands.length === 0) {
      command.action((...given: unknown[]) => {
        parsed = { command: path, args: given.slice(0, -2) as Parsed['args'], options: command.opts() };
      });
    }
    for (const inner of command.commands) silence(inner, `${path} ${inner.name()}`.trim());
  };
  silence(program, '');
  await program.parseAsync(argv, { from: 'user' });
  if (!parsed) throw new Error(`no command in: ${argv.join(' ')}`);
  return parsed;
}

/** `ebmm` lines as people type them; a placeholder like `COMMAND` stands for many. */
const isOurs = (words: readonly string[]) =>
  EBMM.every((word, i) => words[i] === word) &&
  words.length > EBMM.length &&
  !/^[A-Z]+$/.test(words[EBMM.length]);

const lines = pages.flatMap((page) =>
  shellLines(page).map((line) => ({ page: page.name, line, words: wordsOf(line) })),
);
const ours = lines.filter(({ words }) => isOurs(words));
const titled = <T extends { page: string; line: string }>(list: readonly T[]) =>
  list.map((each) => [`${each.page}: ${each.line}`, each] as const);

/** Runs that a page makes itself, by `--out` or by a name such as runs/out/binary-1, are not there to be found. */
const madeBy = (page: string): string[] =>
  ours
    .filter((each) => each.page === page)
    .flatMap(({ words }) => words.filter((_, i) => words[i - 1] === '--out'));
const isPlaceholder = (name: string) => /^[A-Z.]+(\.\w+)?$/.test(name) || name.includes('runs/out/');

test('there are commands in README and in the pages by task', () => {
  const from = new Set(ours.map(({ page }) => page));
  for (const page of ['training', 'evaluate', 'memories', 'energies', 'library', 'data'])
    expect(from).toContain(`docs/${page}.md`);
  expect(ours.length).toBeGreaterThan(50);
});

describe('parses, with names that there are', () => {
  test.each(titled(ours))('%s', async (_, { page, words }) => {
    const { command, args, options } = await parse(words.slice(EBMM.length));
    const own = madeBy(page);
    const there = async (name: unknown) => {
      if (typeof name !== 'string' || isPlaceholder(name) || own.includes(name)) return;
      await expect(findRun(name)).resolves.toBeTruthy();
    };
    if (command === 'train' || command === 'config') {
      const [name] = args;
      await there(options.from);
      if (typeof name === 'string' && !isPlaceholder(name)) {
        expect(await presetNames()).toContain(name);
        const changes = ((options.set ?? []) as string[]).map(parseChange);
        await expect(configure(name, changes)).resolves.toBeTruthy();
      }
    }
    if (['evaluate', 'plot', 'report', 'recall', 'export', 'store', 'stream', 'explore'].includes(command))
      for (const name of args.flat()) await there(name);
  });
});

test('a command that is wrong does not parse', async () => {
  await expect(parse(['evaluate', 'binary-64', '--pattern', '16'])).rejects.toThrow(/unknown option/);
  await expect(parse(['evaluates', 'binary-64'])).rejects.toThrow(/unknown command/);
  await expect(parse(['train', 'binary', '--steps', 'many'])).rejects.toThrow();
  await expect(parse(['export', 'a', 'b'])).rejects.toThrow();
});

test('words are those of a shell', () => {
  expect(wordsOf(`a --set 'b=["c d"]' "e f"   # g`)).toEqual(['a', '--set', 'b=["c d"]', 'e f']);
  expect(wordsOf('a b && c')).toEqual(['a', 'b']);
});

test('every npm script and every file that pages run is there', () => {
  const wrong = lines.flatMap(({ page, line, words: [program, first, second] }) => {
    if (program === 'npm' && first === 'run' && second && !second.startsWith('-') && !scripts[second])
      return [`${page}: ${line}`];
    if (program === 'npx' && first === 'tsx' && second && !existsSync(join(root, second)))
      return [`${page}: ${line}`];
    return [];
  });
  expect(wrong).toEqual([]);
});

test('the table of commands has all of them that are for people', () => {
  const index = pages.find(({ name }) => name === 'docs/README.md')!.text;
  const listed = [...index.matchAll(/^\| `(\w+)/gm)].map(([, name]) => name);
  const names = commands.filter(({ hidden }) => !hidden).map(({ name }) => name);
  expect(listed.sort()).toEqual(names.sort());
});
