/** @file Results that cannot be written, or that would take the place of more. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'; // biome-ignore format: one import
import { join } from 'node:path';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { readEvaluations } from '../../runs/evaluation-file.ts';
import { placeFor } from '../../runs/outputs.ts';
import { ebmm, folderOfFile, tiny } from './command.ts';
import { programFile } from './program.ts';
import { terminalIO } from './quiet.ts';

const folder = folderOfFile();
const program = await programFile();
const inside = (...names: string[]) => join(folder, ...names);
const run = inside('run');
const isRoot = process.getuid?.() === 0;

beforeAll(async () => {
  writeFileSync(inside('tiny.json'), JSON.stringify(tiny));
  expect((await ebmm(['train', inside('tiny.json'), '--out', run])).status).toBe(0);
  expect((await ebmm(['train', inside('tiny.json'), '--out', inside('other', 'run')])).status).toBe(0);
});

const rowsOf = (file: string) => JSON.parse(readFileSync(file, 'utf8')).rows.length;

/** A folder that nothing may be written into, by whatever user runs the test: a file stands in its way. */
function barred(name: string): string {
  writeFileSync(inside(name), 'mine');
  return inside(name, 'x');
}

test('every evaluation is kept; evaluation.json is the fullest of the run’s own protocol', async () => {
  const file = join(run, 'evaluation.json');
  const history = join(run, 'evaluations');
  const evaluate = (...argv: string[]) => ebmm(['evaluate', run, ...argv]);
  await evaluate('--patterns', '2,3', '--episodes', '5', '--against', 'hebb');
  expect(rowsOf(file)).toBe(4);
  expect(readdirSync(history)).toEqual(['001-resample-4-known.json']);
  expect(readFileSync(join(history, '001-resample-4-known.json'))).toEqual(readFileSync(file));
  const before = readFileSync(file);
  const less = await evaluate('--episodes', '1', '--against', 'none');
  expect(less.status).toBe(0);
  expect(less.err).toContain(
    `${file} holds more than this result and is left as it is (--replace puts this one in its place): this one is ${join(history, '002-resample-4-known.json')}`,
  );
  // As many rows, but not as the run was trained.
  const others = [['--no-known'], ['--corruption', 'flip:2'], ['--split', 'validation'], ['--recall-steps', '1'], ['--bits', '4']]; // biome-ignore format: a list
  for (const other of others) {
    const { err } = await evaluate('--patterns', '2,3', '--episodes', '9', '--against', 'hebb', ...other);
    expect(err, other.join(' ')).toContain(
      `${file} was made as the run was trained, which this result was not, and is left`,
    );
  }
  expect(readFileSync(file)).toEqual(before);
  expect(readdirSync(history)).toEqual([
    '001-resample-4-known.json',
    '002-resample-4-known.json',
    '003-resample-4-not-known.json',
    '004-flip-2-known.json',
    '005-resample-4-known.json',
    '006-resample-4-known.json',
    '007-resample-4-known.json',
  ]);
  expect(rowsOf(join(history, '002-resample-4-known.json'))).toBe(2);
  const more = await evaluate('--patterns', '2,3', '--episodes', '6', '--against', 'hebb');
  expect(more.err).not.toContain('left as it is');
  const now = JSON.parse(readFileSync(file, 'utf8'));
  expect(now.rows[0].episodes).toBe(6);
  expect(now.made_with).toMatchObject({
    own: true,
    step: 4,
    command: ['evaluate', '.', '--patterns', '2,3', '--episodes', '6', '--against', 'hebb'],
    engine: { name: 'compiled' },
  });
  await evaluate('--episodes', '1', '--against', 'none', '--replace');
  expect(rowsOf(file)).toBe(2);
  writeFileSync(file, '{ not JSON');
  const told = await evaluate('--episodes', '9', '--against', 'none');
  expect(told.err).toContain(`${file} is no such record and is left as it is`);
  expect(readFileSync(file, 'utf8')).toBe('{ not JSON');
  expect((await readEvaluations(run)).map(({ rows }) => rows.length)).toEqual([4, 2, 4, 4, 4, 4, 4, 4, 2, 2]);
  rmSync(file);
});

test('evaluate --out writes a file as well, also of a pretrained memory, and finds out first whether it can', async () => {
  const out = inside('own.json');
  const { status, out: printed } = await ebmm(['evaluate', 'binary-64', '--patterns', '2', '--episodes', '1', '--against', 'none', '--json', '--out', out]); // biome-ignore format: one call
  expect(status).toBe(0);
  const { made_with, ...written } = JSON.parse(readFileSync(out, 'utf8'));
  expect(written).toEqual(JSON.parse(printed));
  expect(made_with.parameters).toMatch(/^[0-9a-f]{32}$/);
  const barredOut = await ebmm(['evaluate', 'binary-64', '--out', barred('h')]);
  expect({ status: barredOut.status, out: barredOut.out }).toEqual({ status: 1, out: '' });
});

test('a record is replaced by one that holds as much in every count', async () => {
  const file = inside('record.json');
  const { io, lines } = terminalIO();
  const place = (counts: number[]) => placeFor(file, { counts }, (r) => r.counts, io);
  expect(await place([1, 1])).toBe(file);
  writeFileSync(file, JSON.stringify({ counts: [3, 5] }));
  expect(await place([3, 5])).toBe(file);
  expect(await place([4, 5])).toBe(file);
  expect(lines).toEqual([]);
  expect(await place([4, 4])).toBe(inside('record-2.json'));
  expect(await place([2, 9])).toBe(inside('record-2.json'));
  writeFileSync(file, JSON.stringify({ mine: 1 }));
  expect(await place([100, 100])).toBe(inside('record-2.json'));
  expect(lines).toHaveLength(3);
});

test('pictures of several runs in one folder go by their names, also where these are alike', async () => {
  const { out, status } = await ebmm(['plot', run, inside('other', 'run'), '--out', inside('pictures')]);
  expect(status).toBe(0);
  const named = out.split('\n');
  expect(new Set(named).size).toBe(named.length);
  expect(readdirSync(inside('pictures')).sort()).toEqual(named.map((path) => path.split('/').at(-1)).sort());
  expect(existsSync(inside('pictures', 'run-recall.png'))).toBe(true);
  expect(existsSync(inside('pictures', 'run-2-recall.png'))).toBe(true);
});

test('where a result cannot go is found out before it is computed', async () => {
  const pictures = inside('empty');
  mkdirSync(pictures);
  const commands = [
    ['plot', run, '--out', barred('a')],
    ['report', run, '--out', barred('b')],
    ['export', run, '--onnx', barred('c')],
    ['universal', 'separation', '--data', pictures, '--out', barred('d')],
    ['diffusion', 'memorise', '--out', barred('e')],
    ['diffusion', 'landscape', '--out', barred('f')],
    ['train', inside('tiny.json'), '--out', barred('g')],
    ['report', run, '--out', pictures],
  ];
  for (const argv of commands) {
    const { status, out, err } = await ebmm(argv);
    expect({ status, out }, argv.join(' ')).toEqual({ status: 1, out: '' });
    expect(err, argv.join(' ')).toMatch(/^ebmm: cannot write [^\n]*: (part of its path is a file \(ENOTDIR\)|it is a folder \(EISDIR\))$/); // biome-ignore format: one expression
  }
  for (const name of 'abcdefg') expect(readFileSync(inside(name), 'utf8')).toBe('mine');
});

test('an evaluation that cannot be kept is printed', async () => {
  const file = join(run, 'evaluation.json');
  rmSync(file, { force: true });
  mkdirSync(file);
  const { status, out, err } = await ebmm([
    'evaluate',
    run,
    '--episodes',
    '2',
    '--against',
    'none',
    '--json',
  ]);
  rmSync(file, { recursive: true });
  expect(JSON.parse(out).rows).toHaveLength(2);
  expect(err).toContain(`the evaluation is only printed: cannot write ${file}: it is a folder (EISDIR)`);
  expect(status).toBe(0);
});

test.skipIf(isRoot)('a run that is not mine to write is evaluated, and reported elsewhere', async () => {
  const closed = inside('closed');
  expect((await ebmm(['train', inside('tiny.json'), '--out', closed])).status).toBe(0);
  rmSync(join(closed, 'plots'), { recursive: true });
  chmodSync(closed, 0o555);
  onTestFinished(() => chmodSync(closed, 0o755));
  const evaluated = await ebmm(['evaluate', closed, '--episodes', '2', '--against', 'none', '--json']);
  expect(evaluated.status).toBe(0);
  expect(JSON.parse(evaluated.out).rows).toHaveLength(2);
  expect(evaluated.err).toMatch(/the evaluation is only printed: .*permission denied/);
  const reported = await ebmm(['report', closed, '--out', inside('closed.html')]);
  expect(reported.status, reported.err).toBe(0);
  expect((await ebmm(['report', closed])).status).toBe(1);
  expect((await ebmm(['plot', closed])).status).toBe(1);
});

/** `ebmm ...argv` in a shell, whose line is made of the command. */
function shell(line: (command: string) => string, ...argv: string[]) {
  const command = [process.execPath, program, ...argv].map((word) => `'${word}'`).join(' ');
  return spawnSync('bash', ['-c', line(command)], { encoding: 'utf8' });
}

test.skipIf(!existsSync('/dev/full'))(
  'a full standard output is told, a full standard error is not minded',
  () => {
    const full = shell((command) => `${command} > /dev/full`, 'list', folder);
    expect(full.stderr).toBe('ebmm: cannot write standard output: the disk is full (ENOSPC)\n');
    expect(full.status).toBe(1);
    const out = inside('unheard');
    const unheard = shell((command) => `${command} 2> /dev/full`, 'train', inside('tiny.json'), '--out', out);
    expect(unheard).toMatchObject({ status: 0, stdout: `${out}\n` });
    expect(existsSync(join(out, 'checkpoint', 'state.safetensors'))).toBe(true);
  },
);

test('a reader who has enough ends a listing without a word', async () => {
  const child = spawn(process.execPath, [program, 'list', '--json'], { stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout.destroy();
  let text = '';
  child.stderr.on('data', (data) => {
    text += data;
  });
  const [status] = await once(child, 'exit');
  expect({ status, text }).toEqual({ status: 141, text: '' });
});

test('results go through links and into devices, which stay what they are', async () => {
  const target = inside('target.html');
  symlinkSync(target, inside('link.html'));
  expect((await ebmm(['report', run, '--out', inside('link.html')])).status).toBe(0);
  expect(readFileSync(target, 'utf8')).toContain('<html');
  expect(readFileSync(inside('link.html'), 'utf8')).toContain('<html');
  expect(readdirSync(folder).filter((name) => name.includes('partial'))).toEqual([]);
  const piped = shell((command) => `${command} --out >(head -c 15 > ${inside('piped')}; cat > /dev/null); sleep 0.3`, 'report', run); // biome-ignore format: one call
  expect(piped.status).toBe(0);
  expect(readFileSync(inside('piped'), 'utf8')).toBe('<!doctype html>');
});
