/** @file Sweeps as commands: what they make, what they refuse, and what becomes of them when somebody dies. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { parseConfig } from '../../../meta/config.ts';
import { decodeSafetensors } from '../../../meta/safetensors.ts';
import type { Judgement, Judging } from '../../../runs/heldout.ts';
import { type Lease, takeLease } from '../../../runs/lease.ts';
import { Claims } from '../../../runs/sweep/claims.ts';
import { readManifest, sweepPaths } from '../../../runs/sweep/manifest.ts';
import { statusOf } from '../../../runs/sweep/status.ts';
import { makeTrial } from '../../../runs/sweep/trial.ts';
import { bestValidation, readValidations } from '../../../runs/validations.ts';
import { compiledEngine } from '../../../src/compile/index.ts';
import { ebmm, expectRefused, folderOfFile, tiny } from '../command.ts';
import { terminalIO } from '../quiet.ts';
import { startEbmm } from './process.ts';

const folder = folderOfFile();
const config = join(folder, 'tiny.json');
const sweep = join(folder, 'sweep');
const asked = ['sweep', config, '--out', sweep, '--grid', 'network.width=2,4', '--episodes', '3'];
const provenance = { ebmm: '0', node: '', platform: '' };

/** Makes a trial here instead of in a process of its own. */
async function make(name: string, options: { until?: number; engine?: string } = {}) {
  const manifest = await readManifest(sweep);
  const trial = manifest.trials.find((each) => each.name === name)!;
  const engine = await compiledEngine({ threads: 1 });
  return makeTrial(sweep, manifest, trial, { until: options.until, engine, provenance }, terminalIO().io);
}

beforeAll(async () => {
  writeFileSync(config, JSON.stringify({ ...tiny, training: { ...tiny.training, steps: 3 } }));
  const { status, out, err } = await ebmm([...asked, '--jobs', '2']);
  expect({ status, err: err.replaceAll(/0\.\d+|\d\.\d+/g, 'E') }).toMatchObject({
    status: 0,
    err: expect.stringMatching(/trial-001: E bits after 3 updates, network.width=2 seed=0/),
  });
  expect(out).toMatch(/^tiny: 2 trials, 2 done\nerror on the validation split, 3 episodes of 2, 3 patterns/);
  expect(out).toMatch(/\nbest: .* bits: network.width=[24] trial-00[12]$/);
}, 180_000);

test('every trial is a run, judged on the validation split as evaluate does', async () => {
  const { trials } = await readManifest(sweep);
  for (const { name } of trials) {
    const run = join(sweep, name);
    const { judgements } = JSON.parse(readFileSync(join(run, 'heldout.json'), 'utf8'));
    expect(judgements).toHaveLength(1);
    const { out } = await ebmm(['evaluate', run, '--split', 'validation', '--episodes', '3', '--against', 'none', '--json']); // biome-ignore format: one list
    const errors = JSON.parse(out).rows.map((row: { error: number; patterns: number }) => ({ patterns: row.patterns, error: row.error })); // biome-ignore format: one line
    expect(judgements[0].errors).toEqual(errors);
    expect(judgements[0].error).toBe((errors[0].error + errors[1].error) / 2);
  }
  expect(readdirSync(sweepPaths(sweep).claims)).toEqual([]);
});

test('the same command again, and the folder alone, find nothing left to do', async () => {
  const before = readFileSync(sweepPaths(sweep).manifest);
  for (const argv of [asked, ['sweep', sweep], ['sweep', '--status', sweep], ['sweep', sweep, '--status']]) {
    const { status, out } = await ebmm(argv);
    expect({ status, out }).toMatchObject({ status: 0, out: expect.stringContaining('2 done') });
  }
  expect(readFileSync(sweepPaths(sweep).manifest)).toEqual(before);
  const { out } = await ebmm(['sweep', sweep, '--status', '--json']);
  expect(JSON.parse(out)).toMatchObject({
    counts: { done: 2, waiting: 0 },
    best: { trials: [expect.any(String)] },
  });
});

test('a trial that was stopped, and one of which nothing is left, end bit for bit as the whole one', async () => {
  const run = join(sweep, 'trial-002');
  const file = join(run, 'checkpoint', 'state.safetensors');
  const weights = () => decodeSafetensors(readFileSync(file), run).tensors;
  const [whole, judged] = [weights(), readFileSync(join(run, 'heldout.json'), 'utf8')];
  const errors = (text: string) =>
    JSON.parse(text).judgements.map(({ steps, error }: Judgement) => [steps, error]);
  rmSync(run, { recursive: true });
  await make('trial-002', { until: 2 });
  expect(weights()).not.toEqual(whole);
  await make('trial-002');
  expect(weights()).toEqual(whole);
  const again = readFileSync(join(run, 'heldout.json'), 'utf8');
  expect(errors(again).map(([steps]: number[]) => steps)).toEqual([2, 3]);
  expect(errors(again)[1]).toEqual(errors(judged)[0]);
  // Judged already: nothing is computed.
  rmSync(join(run, 'checkpoint'), { recursive: true });
  expect(await make('trial-002')).toMatchObject({ steps: 3 });
  writeFileSync(join(run, 'heldout.json'), '{}');
  await expect(make('trial-002')).rejects.toThrow('not a record of held-out errors');
  rmSync(run, { recursive: true });
  await make('trial-002');
  expect(weights()).toEqual(whole);
});

test('where training validates, its best validation decides', async () => {
  const other = join(folder, 'validated');
  const validate = { every: 2, episodes: 4, seed: 5 };
  const own = { ...tiny, training: { ...tiny.training, validate, learning_rate: 0.5 } };
  writeFileSync(join(folder, 'validated.json'), JSON.stringify(own));
  const trial = { name: 'trial-001', changes: {}, seed: 0, config: parseConfig(own, 'own') };
  const engine = await compiledEngine({ threads: 1 });
  const options = { engine, provenance };
  const judge = (judged: Judging) => makeTrial(other, { judged }, trial, options, terminalIO().io);
  const judged = { split: 'validation' as const, patterns: [2, 3], episodes: 4, seed: 5 };
  const judgement = (await judge(judged)) as Judgement;
  const validations = await readValidations(join(other, 'trial-001'));
  const best = bestValidation(validations)!;
  expect(validations.map(({ step }) => step)).toEqual([0, 2, 4]);
  expect(judgement).toMatchObject({ steps: 4, error: best.error });
  expect(judgement.best).toBe(best.step < 4 ? best.step : undefined);
  // Judged in another way, the best checkpoint is measured.
  const again = (await judge({ ...judged, episodes: 2 })) as Judgement;
  const { out } = await ebmm(['evaluate', join(other, 'trial-001'), '--best', '--split', 'validation', '--episodes', '2', '--seed', '5', '--against', 'none', '--json']); // biome-ignore format: one list
  expect(again.errors.map(({ error }) => error)).toEqual(
    JSON.parse(out).rows.map(({ error }: { error: number }) => error),
  );
  // Without --patterns and --episodes a sweep takes over how training validates.
  const dry = await ebmm(['sweep', join(folder, 'validated.json'), '--seeds', '2', '--dry-run', '--json']);
  expect(JSON.parse(dry.out).judged).toEqual(judged);
});

test('a trial is had by one worker at a time; that of a dead one on another machine is had without waiting', async () => {
  const other = join(folder, 'claims');
  const { claims, claim, run } = sweepPaths(other);
  const [first, second] = [new Claims(other), new Claims(other)];
  const lease = await first.take('trial-001');
  expect(lease).toBeDefined();
  onTestFinished(() => lease?.release());
  expect(await second.take('trial-001')).toBeUndefined();
  lease!.release();
  (await second.take('trial-001'))!.release();

  // A worker on another machine that has died while it trained: both its claim and its lock are left.
  const left = (path: string, renewed: number) => {
    const owner = 'ab'.repeat(16);
    mkdirSync(path, { recursive: true });
    const text = JSON.stringify({ owner, host: 'x', pid: 1, machine: 'y', processes: '', began: '', dead: 0.3, renewed: String(renewed).padStart(15, '0') }); // biome-ignore format: one line
    writeFileSync(join(path, owner), text);
  };
  const lock = join(run('trial-001'), 'lock');
  left(claim('trial-001'), 1);
  left(lock, 1);
  const began = performance.now();
  expect(await first.take('trial-001')).toBeUndefined();
  expect(performance.now() - began).toBeLessThan(250);
  // It renews: it lives.
  left(claim('trial-001'), 2);
  left(lock, 2);
  await new Promise((resume) => setTimeout(resume, 400));
  expect(await second.take('trial-001')).toBeUndefined();
  left(claim('trial-001'), 3);
  expect(await first.take('trial-001')).toBeUndefined();
  await new Promise((resume) => setTimeout(resume, 400));
  const taken = await first.take('trial-001');
  expect(taken).toBeDefined();
  expect(existsSync(lock)).toBe(false);
  taken!.release();
  expect(readdirSync(claims)).toEqual([]);
});

test('a trial whose run is still trained by an orphan is left alone', async () => {
  const other = join(folder, 'orphan');
  mkdirSync(join(other, 'trial-001'), { recursive: true });
  const lock = (await takeLease(join(other, 'trial-001', 'lock'))) as Lease;
  expect(await new Claims(other).take('trial-001')).toBeUndefined();
  lock.release();
  (await new Claims(other).take('trial-001'))!.release();
});

test('killed, a worker takes its trials with it, saved; another command goes on with them', {
  timeout: 180_000,
}, async () => {
  const other = join(folder, 'killed');
  const argv = [
    'sweep',
    config,
    '--out',
    other,
    '--set',
    'training.steps=20000',
    '--set',
    'training.save_every=20000',
  ];
  const worker = startEbmm(...argv);
  onTestFinished(() => void worker.child.kill('SIGKILL'));
  const metrics = join(other, 'trial-001', 'metrics.jsonl');
  const until = async (holds: () => boolean) => {
    for (let waited = 0; !holds() && waited < 500; waited++)
      await new Promise((resume) => setTimeout(resume, 100));
    expect(holds(), worker.text()).toBe(true);
  };
  await until(() => existsSync(metrics) && readFileSync(metrics, 'utf8').includes('\n'));
  worker.child.kill('SIGKILL');
  const checkpoint = join(other, 'trial-001', 'checkpoint', 'state.safetensors');
  await until(() => existsSync(checkpoint) && !existsSync(join(other, 'trial-001', 'lock')));
  const { out } = await ebmm(['sweep', '--status', other]);
  expect(out).toMatch(/1 trials, 1 stopped/);
  // Its claim is known to be a dead process's; stopped again by a signal, all is saved again.
  const next = startEbmm('sweep', other);
  onTestFinished(() => void next.child.kill('SIGKILL'));
  const before = readFileSync(checkpoint);
  const size = statSync(metrics).size;
  await until(() => statSync(metrics).size > size + 300);
  next.child.kill('SIGTERM');
  expect(await next.ended).toBe(143);
  expect(next.text()).toMatch(/1 stopped[\s\S]*stopped; go on with: ebmm sweep/);
  expect(readFileSync(checkpoint).equals(before)).toBe(false);
  expect(readdirSync(sweepPaths(other).claims)).toEqual([]);
});

test('a trial that cannot be made is told, and tried again when that is asked for', {
  timeout: 180_000,
}, async () => {
  const other = join(folder, 'failing');
  const set = ['training.learning_rate=1e30', 'training.tolerance=1', 'training.warmup=0'];
  const argv = ['sweep', config, '--out', other, ...set.flatMap((each) => ['--set', each])];
  const { status, out, err } = await ebmm(argv);
  expect(status, err).toBe(1);
  expect(err).toMatch(
    /trial-001 failed: .*not finite.*1 failed; try them again with: ebmm sweep .* --retry/s,
  );
  expect(out).toMatch(/1 trials, 1 failed[^\n]*\n.*trial-001: .*not finite/s);
  // Not again by itself, nor by whoever joins.
  const again = await ebmm(['sweep', other]);
  expect(again.status).toBe(1);
  expect(again.err).not.toContain('trial-001 failed');
  expect((await ebmm(['sweep', other, '--retry'])).err).toContain('trial-001 failed');
  expect(readdirSync(sweepPaths(other).claims)).toEqual([]);
});

test('another sweep in the same folder is refused, and says how they differ', async () => {
  const refused = async (...argv: string[]) => {
    const outcome = await ebmm(argv);
    expectRefused(outcome, argv.join(' '));
    return outcome.err;
  };
  const [base, grid] = [
    ['sweep', config, '--out', sweep],
    ['--grid', 'network.width=2,4'],
  ];
  expect(await refused(...base, ...grid, '--episodes', '4')).toMatch(/judged is .*"episodes":3/);
  expect(await refused(...base, '--grid', 'network.width=2,8', '--episodes', '3')).toMatch(/another configuration of trial-002/); // biome-ignore format: one line
  expect(await refused(...asked, '--seeds', '2')).toMatch(/2 trials, not 4/);
  expect(await refused(...asked, '--engine', 'tfjs')).toMatch(/engine is .*"compiled"/);
  expect(await refused(...asked, '--halving', '2', '--first', '1')).toMatch(/halving is not asked for/);
  expect(await refused('sweep', sweep, '--engine', 'tfjs')).toMatch(/--engine compiled/);
  expect(await refused('sweep', sweep, '--seeds', '2')).toMatch(/--seeds belongs to PRESET/);
  expect(await refused('sweep', config, '--out', join(sweep, 'trial-001'), ...grid)).toMatch(/holds a run/);
});

test.each([
  [[]],
  [['nosuch', '--out', 'x']],
  [['demo']],
  [['--status']],
  [['--status', '/nonexistent']],
  [['demo', '--status', '--out', 'x']],
  [['demo', '--out', 'x', '--grid', 'network.width']],
  [['demo', '--out', 'x', '--grid', 'network.widht=1,2']],
  [['demo', '--out', 'x', '--grid', 'network.width=1,1']],
  [['demo', '--out', 'x', '--range', 'network.width=1:4']],
  [['demo', '--out', 'x', '--random', '3']],
  [['demo', '--out', 'x', '--seeds', '0']],
  [['demo', '--out', 'x', '--first', '5']],
  [['demo', '--out', 'x', '--halving', '1']],
  [['demo', '--out', 'x', '--halving', '--grid', 'training.steps=10,20']],
  [['demo', '--out', 'x', '--grid', 'corruption=resample:64,resample:640']],
  [['demo', '--out', 'x', '--grid', 'training.patterns=16,32', '--patterns', '0']],
  [['demo', '--out', 'x', '--jobs', 'many']],
  [['demo', '--out', 'x', '--plan', '/nonexistent.json']],
  [['demo', '--out', 'x', '--grid', 'task.name=omniglot', '--set', 'task.dimension=3']],
])('sweep %j is refused, and nothing is written', async (argv) => {
  expectRefused(await ebmm(['sweep', ...argv]), argv.join(' '));
  expect(existsSync('x')).toBe(false);
});

test('a damaged manifest is refused', async () => {
  const other = join(folder, 'damaged');
  mkdirSync(other);
  const text = readFileSync(sweepPaths(sweep).manifest, 'utf8');
  for (const damaged of [
    text.slice(0, 100),
    text.replace('"version": 1', '"version": 2'),
    text.replace('trial-002', 'trial-001'),
    text.replace('trial-002', '../../002'),
    text.replace('"width": 4', '"width": -4'),
  ]) {
    expect(damaged).not.toBe(text);
    writeFileSync(sweepPaths(other).manifest, damaged);
    expectRefused(await ebmm(['sweep', other]), damaged.slice(0, 40));
    expectRefused(await ebmm(['sweep', other, '--status']), damaged.slice(0, 40));
  }
});

test('own patterns and an own energy, as train takes them', async () => {
  const patterns = join(folder, 'patterns.txt');
  const line = (i: number) => ((i * 40503) % 65536).toString(2).padStart(16, '0');
  writeFileSync(patterns, Array.from({ length: 200 }, (_, i) => `${line(i)}\n`).join(''));
  const network = fileURLToPath(new URL('../../../runs/examples/my-energy.ts', import.meta.url));
  const { status, out, err } = await ebmm(['sweep', config, '--task', patterns, '--network', network, '--grid', 'known=true,false', '--dry-run', '--json']); // biome-ignore format: one list
  expect(status, err).toBe(0);
  const { trials } = JSON.parse(out);
  expect(trials).toHaveLength(2);
  expect(trials[0].config).toMatchObject({
    task: { name: 'files' },
    network: { name: 'custom' },
    known: true,
  });
  expectRefused(await ebmm(['sweep', sweep, '--task', patterns]), 'a folder has its task written down');
});

test('--dry-run says what the trials are', async () => {
  const { status, out } = await ebmm(['sweep', 'demo', '--grid', 'network.width=8,16', '--seeds', '9', '--steps', '90', '--halving', '--dry-run']); // biome-ignore format: one list
  expect(status).toBe(0);
  const lines = out.split('\n');
  expect(lines).toHaveLength(19);
  expect(lines[9]).toBe('trial-010  network.width=16 seed=0');
  expect(lines[18]).toBe('rungs: 10, 30, 90 updates; one in 3 goes on');
});

test('states of trials, and what failed', async () => {
  const other = join(folder, 'states');
  mkdirSync(other);
  const text = readFileSync(sweepPaths(sweep).manifest, 'utf8');
  writeFileSync(sweepPaths(other).manifest, text);
  const at = sweepPaths(other);
  mkdirSync(join(other, 'sweep', 'failed'), { recursive: true });
  writeFileSync(at.failure('trial-001'), '{"problem": "the loss is not finite"}');
  mkdirSync(at.claims, { recursive: true });
  const lease = await takeLease(at.claim('trial-002'));
  const status = await statusOf(other, await readManifest(other));
  expect(status.counts).toMatchObject({ failed: 1, running: 1 });
  expect(status.trials.find(({ name }) => name === 'trial-001')).toMatchObject({
    problem: 'the loss is not finite',
  });
  (lease as Lease).release();
});
