/** @file Runs that are killed, stopped, refused the disk or started twice, and what becomes of them. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { readdir } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { decodeSafetensors } from '../../meta/safetensors.ts';
import { lockRun } from '../../runs/lock.ts';
import { removeMade } from '../../runs/partials.ts';
import { stream } from '../../src/random.ts';
import { ebmm, folderOfFile, tiny } from './command.ts';
import { programFile } from './program.ts';

const folder = folderOfFile();
const config = join(folder, 'tiny.json');
const STEPS = 300;
/** Where nobody has to be quick enough to come in between. */
const FEW = 40;
/** Saves and logs after every update, so that most of the time goes into writing. */
const training = { ...tiny.training, steps: STEPS, save_every: 1, decay: 'constant' };
const whole = join(folder, 'whole');
const shorter = join(folder, 'shorter');
const program = await programFile();

beforeAll(async () => {
  writeFileSync(config, JSON.stringify({ ...tiny, training }));
  expect((await ebmm(['train', config, '--out', whole])).status).toBe(0);
  expect((await ebmm(['train', config, '--out', shorter, '--steps', String(FEW)])).status).toBe(0);
});

const checkpoint = (run: string) => join(run, 'checkpoint', 'state.safetensors');

/** Weights, moments and metrics, but for what depends on the clock. */
function outcome(run: string) {
  const { tensors, metadata } = decodeSafetensors(readFileSync(checkpoint(run)), run);
  const { seconds, ...progress } = JSON.parse(metadata.progress);
  const lines = readFileSync(join(run, 'metrics.jsonl'), 'utf8').trimEnd().split('\n');
  const metrics = lines.map((line) => {
    const { seconds, seconds_left, episodes_per_second, ...timeless } = JSON.parse(line);
    return timeless;
  });
  return { tensors, progress, metrics };
}

/** `ebmm ...argv` as a process of its own. */
function start(...argv: string[]): {
  child: ChildProcess;
  text: () => string;
  ended: Promise<number | null>;
} {
  const child = spawn(process.execPath, [program, ...argv], { stdio: ['ignore', 'pipe', 'pipe'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  let text = '';
  child.stderr.on('data', (data) => {
    text += data;
  });
  return { child, text: () => text, ended: once(child, 'exit').then(([code]) => code) };
}

const sizeOfFile = (path: string) => (existsSync(path) ? statSync(path).size : 0);
const pause = (ms: number) => new Promise((resume) => setTimeout(resume, ms));

test('killed at 20 random moments, a run ends bit for bit as one that never was', {
  timeout: 400_000,
}, async () => {
  const run = join(folder, 'killed');
  const metrics = join(run, 'metrics.jsonl');
  const random = stream('kills');
  let midway = 0;
  for (let kill = 0; kill < 20; kill++) {
    const resume = existsSync(join(run, 'config.json'));
    const { child, text, ended } = start('train', ...(resume ? ['--resume', run] : [config, '--out', run]));
    let over = false;
    void ended.then(() => {
      over = true;
    });
    if (kill % 4 === 3) {
      // While it starts: imports, compiles, cleans up. On a fast machine until it trains.
      const end = performance.now() + random.uniform() * 2500;
      while (performance.now() < end && !text().includes('updates')) await pause(1);
    } else {
      // While it trains: after some lines, at any point of an update or of what it writes.
      while (!over && !text().includes('updates')) await pause(1);
      const from = sizeOfFile(metrics);
      const lines = 1 + random.integer(12);
      while (!over && sizeOfFile(metrics) < from + lines * 250) await pause(1);
      await pause(random.uniform() * 12);
      midway++;
    }
    expect(over, text()).toBe(false);
    child.kill('SIGKILL');
    await ended;
  }
  expect(midway).toBe(15);
  const { status, err } = await ebmm(['train', '--resume', run]);
  expect(status, err).toBe(0);
  expect(err).toMatch(/updates \d+ to 300 on/);
  expect(outcome(run)).toEqual(outcome(whole));
  const left = await readdir(run, { recursive: true });
  expect(left.filter((path) => /partial|lock/.test(path))).toEqual([]);
});

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const)('%s finishes the update, saves, says how to go on, and exits with %d', async (signal, status) => {
  const run = join(folder, signal);
  const { child, text, ended } = start('train', config, '--out', run, '--set', 'training.save_every=1000');
  while (sizeOfFile(join(run, 'metrics.jsonl')) < 2000) await pause(1);
  child.kill(signal);
  // A terminal that closes says so more than once.
  if (signal === 'SIGHUP') child.kill(signal);
  expect(await ended).toBe(status);
  expect(text()).toMatch(new RegExp(`stopped at update \\d+; go on with: ebmm train --resume ${run}\\n$`));
  const { progress, metrics } = outcome(run);
  expect(progress.step).toBe(metrics.at(-1).step);
  expect((await ebmm(['train', '--resume', run])).status).toBe(0);
  expect(outcome(run)).toEqual(outcome(whole));
});

test('a reader of the progress who leaves ends the run after its update, saved', async () => {
  const run = join(folder, 'pipe');
  // A line is said for every validation.
  const set = ['training.save_every=100000', 'training.validate={"every":100,"episodes":1}'];
  const { child, ended } = start('train', config, '--out', run, ...set.flatMap((each) => ['--set', each]), '--steps', '100000'); // biome-ignore format: one call
  while (sizeOfFile(join(run, 'metrics.jsonl')) < 2000) await pause(1);
  child.stderr!.destroy();
  child.stdout!.destroy();
  expect(await ended).toBe(141);
  const { progress, metrics } = outcome(run);
  expect(progress.step).toBe(metrics.at(-1).step);
}, 30_000);

test('a leftover checkpoint without a configuration is not taken up, nor written over', async () => {
  for (const file of ['checkpoint/state.safetensors', 'metrics.jsonl', 'evaluation.json']) {
    const run = join(folder, `left-${file.length}`);
    mkdirSync(join(run, 'checkpoint'), { recursive: true });
    copyFileSync(join(whole, file === 'evaluation.json' ? 'config.json' : file), join(run, file));
    const before = readFileSync(join(run, file));
    const { status, err } = await ebmm(['train', config, '--out', run]);
    expect(status).toBe(2);
    expect(err).toBe(
      `ebmm: ${run} holds ${file} of a run without its config.json: choose another --out, or move it away`,
    );
    expect(readFileSync(join(run, file))).toEqual(before);
    expect(existsSync(join(run, 'config.json'))).toBe(false);
  }
});

test('what a killed process was writing is cut off and cleared away', async () => {
  const run = join(folder, 'torn');
  await ebmm(['train', config, '--out', run, '--steps', '5']);
  appendFileSync(join(run, 'metrics.jsonl'), '{"step":6,"loss":1}\n{"step":7,"lo');
  writeFileSync(join(run, 'checkpoint', 'state.safetensors.0a1b2c3d.partial'), 'half');
  writeFileSync(join(run, 'config.json.0a1b2c3d.partial'), '{');
  expect((await ebmm(['train', '--resume', run, '--steps', String(FEW)])).status).toBe(0);
  expect(outcome(run)).toEqual(outcome(shorter));
  expect((await readdir(run, { recursive: true })).filter((path) => path.endsWith('.partial'))).toEqual([]);
});

test('nothing but what this program was writing is cleared away, and no link is followed', async () => {
  const run = join(folder, 'foreign');
  const outside = join(folder, 'outside');
  await ebmm(['train', config, '--out', run, '--steps', '5']);
  mkdirSync(join(outside, 'sub'), { recursive: true });
  mkdirSync(join(run, 'notes'));
  const precious = [
    join(outside, 'backup.tar.partial'),
    join(outside, 'sub', 'thesis.partial'),
    join(outside, 'state.safetensors.0a1b2c3d.partial'),
    join(run, 'mine.partial'),
    join(run, 'config.json.partial'),
    join(run, 'lock.partial'),
    join(run, 'notes', 'config.json.0a1b2c3d.partial'),
    join(run, 'plots', 'mine.png.0a1b2c3d.partial'),
  ];
  for (const path of precious) writeFileSync(path, 'precious');
  symlinkSync(outside, join(run, 'data'));
  symlinkSync(join(outside, 'backup.tar.partial'), join(run, 'config.json.0a1b2c3d.partial'));
  // A folder of checkpoints that is kept elsewhere.
  renameSync(join(run, 'checkpoint'), join(outside, 'checkpoint'));
  symlinkSync(join(outside, 'checkpoint'), join(run, 'checkpoint'));
  writeFileSync(join(outside, 'checkpoint', 'state.safetensors.0a1b2c3d.partial'), 'of another run, maybe');
  precious.push(join(outside, 'checkpoint', 'state.safetensors.0a1b2c3d.partial'));
  const half = join(run, 'plots', 'learning-curve.png.0a1b2c3d.partial');
  writeFileSync(half, 'half');
  expect((await ebmm(['train', '--resume', run, '--steps', '7'])).status).toBe(0);
  expect(precious.filter((path) => !existsSync(path))).toEqual([]);
  expect(readlinkSync(join(run, 'config.json.0a1b2c3d.partial'))).toBe(join(outside, 'backup.tar.partial'));
  expect(existsSync(half)).toBe(false);
});

test('a run that never began takes back its own folders only', async () => {
  const made = join(folder, 'made');
  const run = join(made, 'a', 'run');
  mkdirSync(run, { recursive: true });
  mkdirSync(join(run, 'checkpoint'));
  writeFileSync(join(run, 'checkpoint', 'state.safetensors'), '');
  mkdirSync(join(made, 'b'));
  await removeMade(run, made, [checkpoint(run)]);
  expect(await readdir(made)).toEqual(['b']);
});

test('a holder that was taken over writes nothing more', async () => {
  const run = join(folder, 'late');
  const { text, ended } = start('train', config, '--out', run, '--steps', '100000');
  while (sizeOfFile(checkpoint(run)) === 0) await pause(1);
  rmSync(join(run, 'lock'), { recursive: true });
  expect(await ended).toBe(1);
  expect(text()).toContain('another one writes there now');
});

test('a finished run is extended by larger --steps, and left alone without', async () => {
  const run = join(folder, 'extended');
  await ebmm(['train', config, '--out', run, '--steps', '7']);
  const before = readFileSync(checkpoint(run));
  const again = await ebmm(['train', '--resume', run]);
  expect(again.err).toMatch(/has had all its 7 updates; more: ebmm train --resume .* --steps N/);
  expect(readFileSync(checkpoint(run))).toEqual(before);
  const less = await ebmm(['train', '--resume', run, '--steps', '6']);
  expect(less).toMatchObject({ status: 2, err: expect.stringMatching(/has had 7 updates, more than the 6/) });
  expect((await ebmm(['train', '--resume', run, '--steps', String(FEW)])).status).toBe(0);
  expect(outcome(run)).toEqual(outcome(shorter));
});

test('a disk that takes no checkpoint ends the run with one line; nothing is damaged, and it can go on', async () => {
  const run = join(folder, 'disk');
  mkdirSync(run);
  // A file where the folder of checkpoints should be.
  writeFileSync(join(run, 'checkpoint'), '');
  const { status, err } = await ebmm(['train', config, '--out', run, '--steps', String(FEW)]);
  expect(status).toBe(1);
  expect(err.split('\n').at(-1)).toMatch(
    /^ebmm: cannot write .*state\.safetensors: .*; there was no checkpoint yet: go on with: ebmm train --resume .*; update 1 is saved in .*\.safetensors: when there is room, copy it to /,
  );
  const [, kept] = /is saved in (\S+):/.exec(err)!;
  const { metadata } = decodeSafetensors(readFileSync(kept), kept);
  expect(JSON.parse(metadata.progress).step).toBe(1);
  rmSync(join(run, 'checkpoint'));
  mkdirSync(join(run, 'checkpoint'));
  renameSync(kept, checkpoint(run));
  expect((await ebmm(['train', '--resume', run])).status).toBe(0);
  expect(outcome(run)).toEqual(outcome(shorter));
});

test('a run folder that cannot be made is told in one line', async () => {
  const out = join(config, 'run');
  const { status, err } = await ebmm(['train', config, '--out', out]);
  expect(status).toBe(1);
  expect(err).toBe(`ebmm: cannot write ${out}/config.json: part of its path is a file (ENOTDIR)`);
});

test('a second process on the same folder is refused and changes nothing', async () => {
  const run = join(folder, 'twice');
  await ebmm(['train', config, '--out', run, '--steps', '3']);
  const before = outcome(run);
  const lease = await lockRun(run);
  const { status, err } = await ebmm(['train', '--resume', run, '--steps', '9']);
  lease.release();
  expect(status).toBe(2);
  expect(err).toBe(`ebmm: ${run} is in use by process ${process.pid} on ${hostname()}`);
  expect(outcome(run)).toEqual(before);
  expect(JSON.parse(readFileSync(join(run, 'config.json'), 'utf8')).training.steps).toBe(3);
});

test('a run whose checkpoint is missing does not begin again by itself', async () => {
  const run = join(folder, 'lost');
  await ebmm(['train', config, '--out', run, '--steps', '3']);
  rmSync(checkpoint(run));
  const { status, err } = await ebmm(['train', '--resume', run]);
  expect(status).toBe(2);
  expect(err).toMatch(/state\.safetensors: missing, although the run has had 3 updates/);
});

test('the last good checkpoint outlives numerical trouble', async () => {
  const run = join(folder, 'trouble');
  await ebmm(['train', config, '--out', run, '--steps', '3']);
  const before = readFileSync(checkpoint(run));
  const { status, err } = await ebmm([
    ...['train', '--resume', run, '--steps', '40', '--set', 'training.learning_rate=1e30'],
    ...['--set', 'training.tolerance=3', '--set', 'training.save_every=1000'],
  ]);
  expect(status).toBe(2);
  expect(err).toMatch(
    /training stopped at update \d+: 3 updates in a row were not finite, at first .*; the checkpoint of update 3 is kept/,
  );
  expect(err).toMatch(/update \d+ skipped: /);
  expect(readFileSync(checkpoint(run))).toEqual(before);
  const lines = readFileSync(join(run, 'metrics.jsonl'), 'utf8').trimEnd().split('\n');
  expect(JSON.parse(lines.at(-1)!).skipped).toBeGreaterThan(0);
});

test('a moving average may be taken up or given up where a run goes on', async () => {
  const run = join(folder, 'average');
  await ebmm(['train', config, '--out', run, '--steps', '2']);
  await ebmm(['train', '--resume', run, '--steps', '4', '--set', 'training.average=0.9']);
  expect(Object.keys(outcome(run).tensors)).toContain('a:W');
  await ebmm(['train', '--resume', run, '--steps', String(FEW), '--set', 'training.average=0']);
  expect(outcome(run)).toEqual(outcome(shorter));
});
