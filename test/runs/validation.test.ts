/** @file Validation while training: what it measures, that training does not feel it, and that it resumes exactly. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, cpSync, existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { memoryLearner } from '../../meta/memory-learner.ts';
import { decodeSafetensors } from '../../meta/safetensors.ts';
import { recallError, toRange } from '../../meta/units.ts';
import type { Validation } from '../../runs/records.ts';
import { loadRun } from '../../runs/run-folder.ts';
import { bestValidation, patienceSpent, readValidations } from '../../runs/validations.ts';
import { compiledEngine } from '../../src/compile/index.ts';
import { prefixed } from '../../src/prefixed.ts';
import { stream } from '../../src/random.ts';
import { drawBatch, loadCorruption, loadTask } from '../../tasks/index.ts';
import { ebmm, expectRefused, folderOfFile, tiny } from './command.ts';
import { programFile } from './program.ts';

const folder = folderOfFile();
const STEPS = 60;
const validate = { every: 5, episodes: 8, patterns: [3, 5] };
const training = { ...tiny.training, steps: STEPS, save_every: 7, decay: 'constant', learning_rate: 0.05, validate }; // biome-ignore format: one line
const config = join(folder, 'validated.json');
const whole = join(folder, 'whole');

beforeAll(async () => {
  writeFileSync(config, JSON.stringify({ ...tiny, training }));
  const { status, err } = await ebmm(['train', config, '--out', whole]);
  expect(status, err).toBe(0);
});

const file = (run: string, name: 'state' | 'best') => join(run, 'checkpoint', `${name}.safetensors`);

/** Weights, moments, metrics, validations and the best weights, but for what depends on the clock. */
function outcome(run: string) {
  const lines = (name: string) =>
    readFileSync(join(run, name), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => {
        const { seconds, seconds_left, episodes_per_second, validation_seconds, ...rest } = JSON.parse(line);
        return rest;
      });
  const checkpoint = (name: 'state' | 'best') => {
    const { tensors, metadata } = decodeSafetensors(readFileSync(file(run, name)), run);
    const { seconds, ...progress } = JSON.parse(metadata.progress);
    return { tensors, progress };
  };
  return {
    state: checkpoint('state'),
    best: checkpoint('best'),
    metrics: lines('metrics.jsonl'),
    validations: lines('validation.jsonl'),
  };
}

test('training is the same bit for bit with validation as without', async () => {
  const run = join(folder, 'without');
  const plain = join(folder, 'plain.json');
  writeFileSync(plain, JSON.stringify({ ...tiny, training: { ...training, validate: undefined } }));
  expect((await ebmm(['train', plain, '--out', run])).status).toBe(0);
  for (const absent of ['validation.jsonl', 'checkpoint/best.safetensors'])
    expect(existsSync(join(run, absent))).toBe(false);
  cpSync(join(whole, 'validation.jsonl'), join(run, 'validation.jsonl'));
  cpSync(file(whole, 'best'), file(run, 'best'));
  expect(outcome(run)).toEqual(outcome(whole));
});

test('before the first update, after every five, and after the last, each load apart', async () => {
  const records = await readValidations(whole);
  expect(records.map(({ step }) => step)).toEqual(Array.from({ length: 13 }, (_, i) => 5 * i));
  for (const { error, loads } of records) {
    expect(loads.map(({ patterns }) => patterns)).toEqual([3, 5]);
    expect(error).toBeCloseTo((loads[0].error + loads[1].error) / 2, 12);
  }
  const errors = records.map(({ error }) => error);
  expect(records.filter(({ best }) => best).map(({ error }) => error)).toEqual(
    errors.filter((error, i) => errors.slice(0, i).every((earlier) => error < earlier)),
  );
  // Learning was worth it, and the last was not the best: else these tests would show nothing.
  const best = bestValidation(records)!;
  expect(best.error).toBeLessThan(errors[0]);
  expect(best.step).toBeLessThan(STEPS);
});

test.each([
  ['last', [], STEPS],
  ['best', ['--best'], undefined],
])('evaluate on the validation split gives the errors of the %s checkpoint', async (_, flags, step) => {
  const records = await readValidations(whole);
  const record = step === undefined ? bestValidation(records)! : records.at(-1)!;
  const { out, err } = await ebmm([
    ...['evaluate', whole, '--json', '--split', 'validation', '--episodes', '8', '--patterns', '3,5'],
    ...['--against', 'none', ...flags],
  ]);
  const evaluation = JSON.parse(out || err);
  const rows = evaluation.rows.map(({ patterns, error, error_p5, error_p95 }: Validation['loads'][0]) => ({
    ...{ patterns, error, error_p5, error_p95 },
  }));
  expect(rows).toEqual(record.loads);
  expect(evaluation.best).toBe(step === undefined ? record.step : undefined);
});

test('the errors are those of the objective that is trained, on episodes of the validation split', async () => {
  const best = bestValidation(await readValidations(whole))!;
  expect(await errorOfObjective(whole, 3)).toBeCloseTo(best.loads[0].error, 9);
});

/** Error of the best checkpoint by the loss that is trained, at a load. */
async function errorOfObjective(run: string, load: number): Promise<number> {
  const { config, model, state } = await loadRun(run, { best: true });
  const task = await loadTask(config.task, { cache: '' });
  const corruption = await loadCorruption(config.corruption!, task);
  const { trainable } = memoryLearner({ config, task, corruption, model });
  const before = config.task.stream?.before ?? 0;
  const episodes = config.training.validate!.episodes;
  const batch = drawBatch(task, corruption, 'validation', 1, 0, episodes, before + load);
  const size = model.patternShape[0];
  const asked = (values: Float32Array) =>
    Float32Array.from({ length: episodes * load * size }, (_, i) => {
      const e = Math.floor(i / (load * size));
      return values[(e * (before + load) + before) * size + (i % (load * size))];
    });
  const parameters = Object.fromEntries(
    Object.keys(model.parameters).map((name) => [name, state.values[`p:${name}`]]),
  );
  const engine = compiledEngine();
  const names = Object.keys(parameters);
  const program = await engine.compile(
    (inputs) =>
      trainable.loss(Object.fromEntries(names.map((name) => [name, inputs[`p:${name}`]])), inputs).outputs,
    {
      ...Object.fromEntries(names.map((name) => [`p:${name}`, { shape: model.parameters[name].shape }])),
      ...trainable.inputs(episodes, load),
    },
  );
  const { recalled } = await program.run({
    ...prefixed('p:', parameters),
    patterns: toRange(batch.patterns, model.range),
    queries: toRange(asked(batch.queries), model.range),
    known: asked(batch.known),
  });
  await engine.dispose();
  return recallError(task, model.range, recalled as Float32Array, asked(batch.patterns));
}

test('stopped and extended, a run has the same validations and the same best checkpoint', async () => {
  const run = join(folder, 'extended');
  // At an update that is validated, at one that is not, and at the end.
  for (const steps of ['10', '13', String(STEPS)]) {
    const argv = run && existsSync(run) ? ['--resume', run] : [config, '--out', run];
    expect((await ebmm(['train', ...argv, '--steps', steps])).status).toBe(0);
  }
  const { validations, ...rest } = outcome(run);
  const expected = outcome(whole);
  // The end of each part is validated too.
  expect(validations.filter(({ step }) => step % 5 === 0)).toEqual(expected.validations);
  expect(validations.map(({ step }) => step)).toContain(13);
  expect(rest.state).toEqual(expected.state);
});

test('a run that was killed between its checkpoint and its best one mends the best', async () => {
  const best = bestValidation(await readValidations(whole))!.step;
  const run = join(folder, 'mended');
  expect((await ebmm(['train', config, '--out', run, '--steps', String(best)])).status).toBe(0);
  rmSync(file(run, 'best'));
  appendFileSync(join(run, 'validation.jsonl'), `{"step":${best + 1},"error":0}\n{"step":${best + 5},"er`);
  expect((await ebmm(['train', '--resume', run, '--steps', String(STEPS)])).status).toBe(0);
  expect(outcome(run)).toEqual(outcome(whole));
  // One that is lost for another reason is told.
  rmSync(file(run, 'best'));
  const { err } = await ebmm(['train', '--resume', run]);
  expect(err).toMatch(new RegExp(`best.safetensors: is not that of update ${best}`));
});

test('killed at 3 random moments, it ends bit for bit as one that never was', {
  timeout: 120_000,
}, async () => {
  const run = join(folder, 'killed');
  const program = await programFile();
  const log = join(run, 'validation.jsonl');
  const sizeOfLog = () => (existsSync(log) ? statSync(log).size : 0);
  const random = stream('kills of validation');
  // Validations after every update and nearly nothing else.
  const often = join(folder, 'often.json');
  const set = {
    ...training,
    save_every: 1000,
    log_every: 50,
    steps: 200,
    validate: { every: 1, episodes: 4 },
  };
  writeFileSync(often, JSON.stringify({ ...tiny, training: set }));
  const straight = join(folder, 'often');
  expect((await ebmm(['train', often, '--out', straight])).status).toBe(0);
  for (let kill = 0; kill < 3; kill++) {
    const argv = existsSync(join(run, 'config.json')) ? ['--resume', run] : [often, '--out', run];
    const child = spawn(process.execPath, [program, 'train', ...argv], { stdio: 'ignore' });
    onTestFinished(() => void child.kill('SIGKILL'));
    const ended = once(child, 'exit');
    const from = sizeOfLog();
    while (child.exitCode === null && sizeOfLog() <= from + 200 * random.integer(20)) await pause(1);
    await pause(random.uniform() * 10);
    child.kill('SIGKILL');
    await ended;
  }
  expect((await ebmm(['train', '--resume', run])).status).toBe(0);
  expect(outcome(run)).toEqual(outcome(straight));
});

const pause = (ms: number) => new Promise((resume) => setTimeout(resume, ms));

test('patience ends a run early, and a resumed one stays ended; list calls it finished', async () => {
  const run = join(folder, 'patience');
  const patient = ['--set', 'training.validate.patience=2'];
  const { err, out, status } = await ebmm(['train', config, '--out', run, ...patient, '--json']);
  expect(status, err).toBe(0);
  const result = JSON.parse(out);
  const records = await readValidations(run);
  const best = bestValidation(records)!;
  expect(result).toMatchObject({ patience: true, best: { step: best.step, error: best.error } });
  expect(result.steps).toBe(best.step + 10);
  expect(result.steps).toBeLessThan(STEPS);
  expect(records.at(-1)!.step).toBe(result.steps);
  expect(err).toMatch(/ended early, no better for 2 validations: \d+ updates/);
  const again = await ebmm(['train', '--resume', run]);
  expect(again.err).toMatch(
    new RegExp(`ended at update ${result.steps}, no better for 2 validations; more: `),
  );
  expect((await readValidations(run)).length).toBe(records.length);
  expect(JSON.parse((await ebmm(['list', run, '--json'])).out).runs[0].state).toBe('finished');
  // More patience, and it goes on as if it had never ended.
  await ebmm(['train', '--resume', run, '--set', 'training.validate.patience=1000']);
  expect(outcome(run)).toEqual(outcome(whole));
});

test('what is validated may change where a run goes on: the best is then sought among the new ones', async () => {
  const run = join(folder, 'changed');
  await ebmm(['train', config, '--out', run, '--steps', '20']);
  await ebmm(['train', '--resume', run, '--steps', '30', '--set', 'training.validate.patterns=2']);
  const records = await readValidations(run);
  expect(records.slice(-2).map(({ loads }) => loads.length)).toEqual([1, 1]);
  expect(records.at(-2)).toMatchObject({ step: 25, best: true });
  expect(bestValidation(records)!.step).toBeGreaterThan(20);
  const best = await loadRun(run, { best: true });
  expect(best.state.step).toBe(bestValidation(records)!.step);
});

test('streams are validated as they are trained: the last patterns, after others', {
  timeout: 60_000,
}, async () => {
  const run = join(folder, 'stream');
  const own = join(folder, 'stream.json');
  const streamed = {
    ...tiny,
    task: { ...tiny.task, stream: { batch: 2, before: 5 } },
    network: { name: 'fast-weights' },
    training: { ...training, steps: 4, validate: { every: 2, patterns: 3, episodes: 6 } },
  };
  writeFileSync(own, JSON.stringify(streamed));
  const { status, err } = await ebmm(['train', own, '--out', run]);
  expect(status, err).toBe(0);
  const records = await readValidations(run);
  expect(records.map(({ step }) => step)).toEqual([0, 2, 4]);
  expect(bestValidation(records)!.loads[0].error).toBeCloseTo(await errorOfObjective(run, 3), 9);
});

test('a diffusion model is validated on the patterns that it stores', { timeout: 60_000 }, async () => {
  const run = join(folder, 'diffusion');
  const own = join(folder, 'diffusion.json');
  const network = { name: 'score-mlp', width: 8, layers: 1, batch: 8 };
  const small = { steps: 4, episodes: 1, patterns: 4, validate: { every: 2, episodes: 3 } };
  writeFileSync(
    own,
    JSON.stringify({ task: tiny.task, corruption: tiny.corruption, network, training: small }),
  );
  const { status, err } = await ebmm(['train', own, '--out', run]);
  expect(status, err).toBe(0);
  const [{ loads }] = (await readValidations(run)).slice(-1);
  const argv = ['evaluate', run, '--json', '--split', 'validation', '--episodes', '3', '--against', 'none'];
  const { rows } = JSON.parse((await ebmm(argv)).out);
  expect(loads).toEqual([{ patterns: 4, error: rows[0].error, error_p5: rows[0].error_p5, error_p95: rows[0].error_p95 }]); // biome-ignore format: one line
});

test('a memory whose numbers leave is all wrong in validation, and training says what went wrong', async () => {
  const run = join(folder, 'diverged');
  const wild = ['training.learning_rate=1e30', 'training.tolerance=4', 'training.validate.every=1'];
  const { status, err } = await ebmm([
    'train',
    config,
    '--out',
    run,
    ...wild.flatMap((set) => ['--set', set]),
  ]);
  expect(status).toBe(2);
  expect(err).toMatch(/training stopped at update \d+/);
  const records = await readValidations(run);
  for (const { error } of records) expect(error).toBeLessThanOrEqual(16);
  expect(bestValidation(records)!.step).toBe((await loadRun(run, { best: true })).state.step);
});

test.each([
  ['training.validate.evry=2', /unknown key "training.validate.evry"; did you mean "every"\?/],
  ['training.validate.every=0', /training.validate.every is 0/],
  ['training.validate.patience=0', /training.validate.patience is 0/],
  ['training.validate.patterns=[]', /training.validate.patterns is \[\]/],
])('%s is refused', async (set, message) => {
  const out = join(folder, 'refused');
  const outcome = await ebmm(['train', config, '--out', out, '--set', set]);
  expectRefused(outcome, set);
  expect(outcome.err).toMatch(message);
  expect(existsSync(out)).toBe(false);
});

test('a validation split with too few patterns is told before a folder is made', async () => {
  const data = join(folder, 'bits.csv');
  const random = stream('bits');
  const rows = Array.from({ length: 40 }, () => Array.from({ length: 16 }, () => random.bit()));
  const npy = join(folder, 'bits.npy');
  const header = "{'descr': '|u1', 'fortran_order': False, 'shape': (40, 16), }".padEnd(117, ' ');
  writeFileSync(data, '');
  writeFileSync(npy, Buffer.concat([Buffer.from('\x93NUMPY\x01\x00v\x00', 'latin1'), Buffer.from(`${header}\n`), Buffer.from(rows.flat())])); // biome-ignore format: one file
  const out = join(folder, 'few');
  const argv = ['train', config, '--out', out, '--task', npy];
  const outcome = await ebmm(argv);
  expect(outcome.status).toBe(2);
  expect(outcome.err.split('\n').at(-1)).toMatch(/^ebmm: the validation split has 4 patterns, fewer than the 5 of an episode/); // biome-ignore format: one line
  expect(existsSync(out)).toBe(false);
  expect((await ebmm([...argv, '--set', 'training.validate.patterns=4'])).status).toBe(0);
});

test('without validation there is no best checkpoint, and one line says so', async () => {
  const run = join(folder, 'without');
  rmSync(file(run, 'best'));
  for (const command of ['evaluate', 'plot']) {
    const outcome = await ebmm([command, run, '--best']);
    expectRefused(outcome, command);
    expect(outcome.err).toMatch(/has no best checkpoint: it was not validated while training/);
  }
});

test('the best is the first of the least errors, and patience counts from it', () => {
  const record = (step: number, error: number, patterns = 4): Validation => ({
    ...{ step, error, episodes: 8, seed: 1, best: false, seconds: 0, validation_seconds: 0 },
    loads: [{ patterns, error, error_p5: error, error_p95: error }],
  });
  const records = [record(0, 3), record(1, 1), record(2, 2), record(3, 1)];
  expect(bestValidation(records)!.step).toBe(1);
  expect(bestValidation([...records, record(4, 2, 8)])!.step).toBe(4);
  expect(bestValidation([])).toBeUndefined();
  const patience = (n?: number) => ({ validate: { ...validate, seed: 1, patience: n } });
  expect(patienceSpent(patience(2), records)).toBe(true);
  expect(patienceSpent(patience(3), records)).toBe(false);
  expect(patienceSpent(patience(), records)).toBe(false);
  expect(patienceSpent({}, records)).toBe(false);
  expect(patienceSpent(patience(2), records.slice(0, 3))).toBe(false);
});
