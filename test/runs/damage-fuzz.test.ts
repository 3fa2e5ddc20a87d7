/** @file 200 damaged run folders, checkpoints, records and data files: one line, the right exit status, nothing half made. */
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { type Random, stream } from '../../src/random.ts';
import { ebmm, expectRefused, folderOfFile, type Outcome, tiny } from './command.ts';

const folder = folderOfFile();
const whole = join(folder, 'whole');

beforeAll(async () => {
  const config = join(folder, 'tiny.json');
  writeFileSync(config, JSON.stringify(tiny));
  expect((await ebmm(['train', config, '--out', whole])).status).toBe(0);
  const evaluate = ['evaluate', whole, '--patterns', '2', '--episodes', '2', '--against', 'hebb'];
  expect((await ebmm(evaluate)).status).toBe(0);
});

/** A copy of the run with one file damaged. */
function damaged(name: string, file: string, change: (bytes: Buffer) => Buffer | undefined): string {
  const run = join(folder, name);
  cpSync(whole, run, { recursive: true });
  const path = join(run, file);
  const bytes = change(readFileSync(path));
  rmSync(path);
  if (bytes) writeFileSync(path, bytes);
  return run;
}

const cut = (random: Random) => (bytes: Buffer) => bytes.subarray(0, random.integer(bytes.length));
const flip = (random: Random) => (bytes: Buffer) => {
  const copy = Buffer.from(bytes);
  copy[random.integer(copy.length)] ^= 1 << random.integer(8);
  return copy;
};
const noise = (random: Random) => (bytes: Buffer) => Buffer.from(bytes.map(() => random.integer(256)));

/** Either refused as it should be, or the damage did not matter. */
function expectCalm(outcome: Outcome, what: string) {
  if (outcome.status !== 0) expectRefused(outcome, what);
}

test('70 damaged checkpoints are refused, and stay as they are', async () => {
  for (let i = 0; i < 70; i++) {
    const random = stream('checkpoint', i);
    const change = [cut, flip, noise][i % 3](random);
    const file = join('checkpoint', 'state.safetensors');
    const run = damaged(`c${i}`, file, i === 69 ? () => undefined : change);
    const before = existsSync(join(run, file)) ? readFileSync(join(run, file)) : undefined;
    // A checkpoint that is not there at all: the run has had more updates than it may have without one.
    const argv = i % 2 ? ['train', '--resume', run, '--steps', '5'] : ['evaluate', run, '--episodes', '1'];
    expectRefused(await ebmm(argv), `${i}: ${argv[0]}`);
    if (before) expect(readFileSync(join(run, file))).toEqual(before);
    rmSync(run, { recursive: true });
  }
});

test('50 damaged configurations: refused by every command, or complete', async () => {
  for (let i = 0; i < 50; i++) {
    const random = stream('config', i);
    const run = damaged(
      `g${i}`,
      'config.json',
      [cut, flip, noise, () => () => Buffer.from('[]')][i % 4](random),
    );
    const outcome = await ebmm(
      i % 2 ? ['config', join(run, 'config.json')] : ['evaluate', run, '--episodes', '1'],
    );
    if (i % 4 === 1) expectCalm(outcome, `${i}`);
    else expectRefused(outcome, `${i}`);
    const list = await ebmm(['list', run, '--json']);
    expect(list.status).toBe(0);
    if (i % 4 !== 1) expect(JSON.parse(list.out).runs[0]).toMatchObject({ state: 'damaged' });
    rmSync(run, { recursive: true });
  }
});

test('40 damaged metrics and evaluations: the report tells, or does without', async () => {
  for (let i = 0; i < 40; i++) {
    const random = stream('records', i);
    const file = i % 2 ? 'metrics.jsonl' : 'evaluation.json';
    const run = damaged(`r${i}`, file, [cut, flip, noise][i % 3](random));
    // Pictures of recall are not what is tested here.
    mkdirSync(join(run, 'plots'), { recursive: true });
    writeFileSync(join(run, 'plots', 'recall.png'), '');
    const outcome = await ebmm(['report', run]);
    expectCalm(outcome, `${i}: ${file}`);
    // Whole lines are enough of a log; an evaluation is whole or nothing.
    if (i % 2) expect(outcome.status).toBe(0);
    else if (i % 3 !== 1) expect(outcome.status).toBe(2);
    expect(existsSync(join(run, 'report.html'))).toBe(outcome.status === 0);
    rmSync(run, { recursive: true });
  }
});

test('40 damaged data files are refused before a run folder is made', async () => {
  const data = join(folder, 'data', 'omniglot');
  mkdirSync(data, { recursive: true });
  const out = join(folder, 'never');
  for (let i = 0; i < 40; i++) {
    const random = stream('data', i);
    const bytes = Buffer.from(Array.from({ length: 200 + random.integer(2000) }, () => random.integer(256)));
    // As if it were an archive.
    if (i % 2) bytes.write('PK\u0003\u0004', 0, 'latin1');
    writeFileSync(join(data, 'images_background_small1.zip'), bytes);
    const argv = ['train', 'omniglot', '--data-dir', join(folder, 'data'), '--out', out];
    const outcome = await ebmm(argv, { EBMM_CACHE: join(folder, 'cache') });
    expectRefused(outcome, String(i));
    expect(outcome.err).toMatch(/images_background_small1\.zip has MD5 \w+, expected/);
    expect(existsSync(out)).toBe(false);
  }
});
