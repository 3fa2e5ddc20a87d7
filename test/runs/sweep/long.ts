/**
 * @file Minutes of sweeps whose workers are killed and stopped: `npm run test:sweep`. Two workers share a folder; one of them is
 * killed (SIGKILL) or stopped (SIGINT, SIGTERM) at random moments and begun anew. In the end every trial is, bit for bit, what it
 * is when nothing happens, is judged once, and no process and no claim is left.
 */
import { deepStrictEqual, ok } from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { stream } from '../../../src/random.ts';
import { tiny } from '../tiny.ts';
import { outcomeOf, startEbmm, trialsAt } from './process.ts';

const ENDS = 12;
const STEPS = 2000;
const folder = mkdtempSync(join(tmpdir(), 'ebmm-sweep-'));
const config = join(folder, 'tiny.json');
writeFileSync(
  config,
  JSON.stringify({ ...tiny, training: { ...tiny.training, steps: STEPS, save_every: 20, log_every: 10 } }),
);
const asked = (out: string) => ['sweep', config, '--out', out, '--grid', 'network.width=2,4', '--seeds', '2', '--episodes', '5', '--threads', '1']; // biome-ignore format: one list
const trials = ['trial-001', 'trial-002', 'trial-003', 'trial-004'];
const [calm, wild] = [join(folder, 'calm'), join(folder, 'wild')];

try {
  const whole = startEbmm(...asked(calm), '--jobs', '2');
  deepStrictEqual(await whole.ended, 0, whole.text());
  const reference = trials.map((trial) => outcomeOf(calm, trial));

  const random = stream('sweep ends');
  /** Of metrics, in all trials. */
  const lines = () =>
    trials.reduce((sum, trial) => {
      const file = join(wild, trial, 'metrics.jsonl');
      return sum + (existsSync(file) ? readFileSync(file, 'utf8').split('\n').length : 0);
    }, 0);
  const workers = [startEbmm(...asked(wild)), startEbmm(...asked(wild))];
  for (let end = 0; end < ENDS; end++) {
    const i = random.integer(2);
    // Some while they start, most after some updates.
    if (end % 4 === 3) await setTimeout(5000 * random.uniform());
    else {
      const enough = lines() + 2 + random.integer(20);
      const idle = () => workers.every(({ child }) => child.exitCode !== null);
      while (lines() < enough && !idle()) await setTimeout(20);
    }
    const signal = (['SIGKILL', 'SIGINT', 'SIGTERM'] as const)[end % 3];
    const running = workers[i].child.exitCode === null;
    workers[i].child.kill(signal);
    const status = await workers[i].ended;
    console.log(`${end + 1}/${ENDS}: worker ${i} ${running ? `ended by ${signal}: ${status}` : `was done: ${status}`}`); // biome-ignore format: one line
    workers[i] = startEbmm(...asked(wild));
  }
  for (const worker of workers) deepStrictEqual(await worker.ended, 0, worker.text());
  for (const [i, trial] of trials.entries()) deepStrictEqual(outcomeOf(wild, trial), reference[i], trial);
  for (let waited = 0; trialsAt(wild).length > 0 && waited < 100; waited++) await setTimeout(100);
  deepStrictEqual(trialsAt(wild), []);
  deepStrictEqual(readdirSync(join(wild, 'sweep', 'claims')), []);
  ok(!existsSync(join(wild, 'sweep', 'failed')));
  for (const trial of trials) {
    deepStrictEqual(
      readdirSync(join(wild, trial)).filter((name) => /partial|lock/.test(name)),
      [],
    );
  }
  console.log(`4 trials, ${ENDS} workers ended: all as in a sweep where nothing happens`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
