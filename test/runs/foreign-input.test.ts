/** @file Inputs that people brought and that went wrong once: each is answered in one line. */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { stream } from '../../src/random.ts';
import { ebmm, expectRefused, folderOfFile, tiny } from './command.ts';
import { programFile } from './program.ts';

const folder = folderOfFile();
const inside = (...names: string[]) => join(folder, ...names);
const file = (name: string, contents: string | Uint8Array) => {
  writeFileSync(inside(name), contents);
  return inside(name);
};
const D = 128;
/** Lines of bits that are one with this probability. */
function bits(name: string, count: number, ones: number): string {
  const random = stream(1, 'cases', name);
  const line = () => Array.from({ length: D }, () => Number(random.uniform() < ones)).join('');
  return file(name, `${Array.from({ length: count }, line).join('\n')}\n`);
}
const fair = bits('fair.txt', 4, 0.5);
const recall = (patterns: string, queries = patterns, ...rest: string[]) =>
  ebmm(['recall', 'binary-64', '--patterns', patterns, '--queries', queries, '--threads', '1', ...rest]);

describe('patterns unlike those of training', () => {
  test('sparse patterns are recalled as bits, known entries as they are, and it is said', async () => {
    const patterns = bits('sparse.txt', 32, 0.1);
    const known = file(
      'known.txt',
      readFileSync(patterns, 'utf8').replace(/[01]/g, (_, i) => (i % 3 === 0 ? '1' : '0')),
    );
    const { status, out, err } = await recall(patterns, patterns, '--known', known);
    expect(status, err).toBe(0);
    expect(err).toMatch(
      /these patterns overlap more, or are more, than those of training: they were stored in steps 0\.0\d+ times as large/,
    );
    const given = readFileSync(patterns, 'utf8').trim();
    const mask = readFileSync(known, 'utf8').trim();
    for (let i = 0; i < given.length; i++) if (mask[i] === '1') expect(out[i]).toBe(given[i]);
    const { energies } = JSON.parse((await recall(patterns, patterns, '--known', known, '--json')).out);
    expect(energies.flat().every((e: unknown) => typeof e === 'number')).toBe(true);
  });

  test('200 patterns are stored in smaller steps, or refused; never zeros', async () => {
    const { status, out, err } = await recall(bits('many.txt', 200, 0.5));
    if (status === 0) expect(out.replace(/[^1]/g, '').length).toBeGreaterThan(0.3 * 200 * D);
    else expect(err).toMatch(/^ebmm: .*cannot hold these 200 patterns/m);
    expect(err).toMatch(/stored in steps|cannot hold/);
  });
});

describe('files of patterns', () => {
  const wrong: [string, () => string, RegExp][] = [
    [
      'an array of NumPy',
      () => file('a.npy', Buffer.from('\x93NUMPY\x01\0v\0{}', 'latin1')),
      /a.npy: cut off in its header/,
    ],
    [
      'an archive',
      () => file('a.npz', Buffer.from('PK\x03\x04xxxx', 'latin1')),
      /a.npz: not a whole archive/,
    ],
    [
      'a picture',
      () => file('a.png', Buffer.from('\x89PNG\r\n\x1a\n', 'latin1')),
      /a.png is not a whole picture: it is cut off/,
    ],
    ['UTF-16', () => file('a.txt', Buffer.from('\ufeff0101', 'utf16le')), /UTF-16/],
    ['zeros', () => file('z.txt', Buffer.alloc(100)), /z.txt: not text/],
    [
      'another length',
      () => file('l.csv', `${'0,'.repeat(D - 2)}1\n`),
      /l.csv: row 1 has 127 values, expected 128/,
    ],
    [
      'text in a row',
      () => file('w.csv', `${'0,'.repeat(D - 1)}1\n${'0,'.repeat(D - 1)}x\n`),
      /w.csv: row 2, column 128 holds "x", expected a number/,
    ],
    [
      '-1 and +1 in lines',
      () => file('s.txt', `${'-1 '.repeat(D)}\n`),
      /row 1 holds -1, expected numbers from 0 to 1: these are -1 and \+1/,
    ],
    [
      '-1 and +1 in JSON',
      () => file('s.json', JSON.stringify([Array(D).fill(-1)])),
      /these are -1 and \+1, so add 1 and divide by 2/,
    ],
    [
      'bytes in JSON',
      () => file('b.json', JSON.stringify([Array(D).fill(255)])),
      /these look like bytes, so divide by 255/,
    ],
    ['NaN', () => file('n.json', '[[NaN]]'), /not JSON/],
    ['null', () => file('null.json', JSON.stringify([Array(D).fill(null)])), /value 1 is null/],
    [
      'deep nesting',
      () => file('deep.txt', `${'['.repeat(200_001)}1${']'.repeat(200_001)}`),
      /nested deeper than 64 brackets/,
    ],
    ['nothing', () => file('e.txt', ''), /holds no patterns/],
    [
      'a folder of pictures',
      () => mkdirSync(inside('empty'), { recursive: true }) ?? inside('empty'),
      /holds no pictures/,
    ],
  ];
  test.each(wrong)('%s', async (what, path, message) => {
    for (const argv of [
      [path(), fair],
      [fair, path()],
    ]) {
      const outcome = await recall(argv[0], argv[1]);
      expectRefused(outcome, what);
      expect(outcome.err).toMatch(message);
    }
  });

  test('a byte-order mark is passed over, in patterns and in configurations', async () => {
    const marked = file('bom.txt', `\ufeff${readFileSync(fair, 'utf8')}`);
    expect((await recall(marked)).status).toBe(0);
    const config = file('bom.json', `\ufeff${JSON.stringify(tiny)}`);
    expect((await ebmm(['config', config])).status).toBe(0);
  });

  test('a mask is zeros and ones', async () => {
    const known = file('p.json', JSON.stringify(Array(4).fill(Array(D).fill(0.5))));
    const outcome = await recall(fair, fair, '--known', known);
    expectRefused(outcome, 'probabilities');
    expect(outcome.err).toContain(
      'pattern 1 holds 0.5, expected 1 where a query is known to be right and 0 elsewhere',
    );
  });

  test('nothing is written before a command has refused, and nothing that it reads is written over', async () => {
    const two = bits('two.txt', 2, 0.5);
    const refused = await recall(two, fair, '--out', inside('left.txt'), '--picture', inside('left.png'));
    expectRefused(refused, 'picture');
    expect(existsSync(inside('left.txt'))).toBe(false);
    const before = readFileSync(fair);
    const over = await recall(fair, fair, '--out', fair);
    expectRefused(over, 'over its input');
    expect(readFileSync(fair)).toEqual(before);
    expect((await recall(fair, fair, '--out', join(fair, 'x'))).status).toBe(1);
  });
});

describe('sizes without bounds', () => {
  test.each([
    [
      ['export', 'binary-64', '--onnx', inside('ox'), '--patterns', '30000000'],
      /3840000000 numbers, expected at most 16777216/,
    ],
    [
      ['export', 'binary-64', '--onnx', inside('ox'), '--steps', '1000000'],
      /expected a whole number from 0 to 1000/,
    ],
    [['evaluate', 'binary-64', '--patterns', '1000000000', '--episodes', '1'], /expected at most 16777216/],
    [
      ['evaluate', 'binary-64', '--recall-steps', '1000000', '--episodes', '1'],
      /expected a whole number from 0 to 1000/,
    ],
    [
      ['recall', 'binary-64', '--patterns', fair, '--queries', fair, '--steps', '1000000'],
      /expected a whole number from 0 to 1000/,
    ],
    [
      ['universal', 'noise', '--data', folder, '--stored', '1', '--slices', '1', '--side', '40000'],
      /expected at most/,
    ],
    [['train', 'demo', '--threads', '100000', '--out', inside('threads')], /at most 1024/],
  ])('%j is refused at once', async (argv, message) => {
    const started = performance.now();
    const outcome = await ebmm(argv as string[]);
    expectRefused(outcome, argv.join(' '));
    expect(outcome.err).toMatch(message);
    expect(performance.now() - started).toBeLessThan(20_000);
    expect(existsSync(inside('ox'))).toBe(false);
  });
});

test('a configuration that is nested without end is refused in a line', async () => {
  const config = file('deep.json', `{"task": ${'['.repeat(10_000)}${']'.repeat(10_000)}}`);
  expectRefused(await ebmm(['config', config]), 'deep');
  expectRefused(await ebmm(['train', config, '--out', inside('deep')]), 'deep');
});

test('a module whose function fails is told, not called an internal error', async () => {
  const module = file('boom.mjs', 'export default () => { throw new Error("boom"); }');
  const outcome = await ebmm(['train', 'binary', '--network', module, '--out', inside('boom')]);
  expectRefused(outcome, 'boom');
  expect(outcome.err).toContain('boom.mjs: its function of { patternShape, options } failed: boom');
});

test('a run of another version says so where it cannot be read', async () => {
  mkdirSync(inside('future'));
  const config = { ...tiny, later: 1, made_with: { ebmm: '9.0.0', node: 'v30', platform: 'x' } };
  writeFileSync(inside('future', 'config.json'), JSON.stringify(config));
  const outcome = await ebmm(['evaluate', inside('future'), '--episodes', '1']);
  expectRefused(outcome, 'future');
  expect(outcome.err).toMatch(/unknown key "later".* \(made by ebmm 9\.0\.0; this is \d/);
});

test('a picture that is a folder is told', async () => {
  mkdirSync(inside('pictures', 'a.png'), { recursive: true });
  expectRefused(
    await ebmm(['universal', 'noise', '--data', inside('pictures'), '--stored', '1', '--slices', '1']),
    'a folder',
  );
});

describe('locks that are none', () => {
  const run = inside('run');
  const resume = () => ebmm(['train', '--resume', run, '--steps', '6']);
  test('a stale file, an empty folder and a guard from the future do not hang; a link is named', async () => {
    file('tiny.json', JSON.stringify(tiny));
    expect((await ebmm(['train', inside('tiny.json'), '--out', run])).status).toBe(0);
    const future = new Date(Date.now() + 86_400_000);
    for (const make of [
      () => writeFileSync(join(run, 'lock'), '{"pid":999999,"host":"here","began":"1"}', { mode: 0o600 }),
      () => mkdirSync(join(run, 'lock')),
      () => {
        writeFileSync(join(run, 'lock.takeover.partial'), '');
        utimesSync(join(run, 'lock.takeover.partial'), future, future);
      },
    ]) {
      make();
      const { status, err } = await resume();
      expect(status, err).toBe(0);
    }
    symlinkSync('/nonexistent', join(run, 'lock'));
    const outcome = await resume();
    expectRefused(outcome, 'a link');
    expect(outcome.err).toContain('lock is a symbolic link, not a lock of ebmm: remove it');
  });
});

test('control characters in names reach no terminal', async () => {
  const name = '\x1b[31mred\x1b]0;title\x07';
  cpSync(fileURLToPath(new URL('../../runs/pretrained/binary-64', import.meta.url)), inside('runs', name), {
    recursive: true,
  });
  const damaged = inside('runs', 'b');
  cpSync(inside('runs', name), damaged, { recursive: true });
  const config = JSON.parse(readFileSync(join(damaged, 'config.json'), 'utf8'));
  config['\x1b]0;owned\x07\u202e'] = 1;
  writeFileSync(join(damaged, 'config.json'), JSON.stringify(config));
  const program = await programFile();
  for (const argv of [
    ['list', inside('runs')],
    ['list', inside('runs'), '--json'],
    ['evaluate', damaged],
    ['evaluate', name],
  ]) {
    const { stdout, stderr } = spawnSync(process.execPath, [program, ...argv], { encoding: 'utf8' });
    expect(stdout + stderr, argv.join(' ')).not.toMatch(/(?![\n\t])[\p{Cc}\p{Bidi_Control}]/u);
  }
});
