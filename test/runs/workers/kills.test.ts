/** @file Workers, Redis and the run itself killed at random moments, as real processes: the same run bit for bit. Minutes: `npm run test:redis`. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { stream } from '../../../src/random.ts';
import { ebmm, folderOfFile, tiny } from '../command.ts';
import { outcome } from './outcome.ts';
import { asked, hasRedis, RedisServer, type Started, start } from './redis-server.ts';

const folder = folderOfFile();
const config = join(folder, 'tiny.json');
const whole = join(folder, 'whole');
const STEPS = 900;
const LONG = { timeout: 1_500_000 };

const pause = (ms: number) => new Promise((resume) => setTimeout(resume, ms));

/** Updates that a run has logged. */
const updatesOf = (run: string) => {
  const file = join(run, 'metrics.jsonl');
  return existsSync(file) ? readFileSync(file, 'utf8').split('\n').length - 1 : 0;
};

/** Workers that come and go. */
class Crew {
  readonly all: Started[] = [];
  readonly #url: string;

  constructor(url: string) {
    this.#url = url;
    onTestFinished(() => this.all.forEach(({ child }) => void child.kill('SIGKILL')));
  }

  join(count = 1): void {
    for (let i = 0; i < count; i++) this.all.push(start('worker', this.#url, '--threads', '1'));
  }

  /** None of them may have ended by itself. */
  check(): void {
    for (const { child, text } of this.all) expect(child.exitCode, text()).toBeNull();
  }

  get alive(): Started[] {
    return this.all.filter(({ child }) => child.exitCode === null && child.signalCode === null);
  }
}

describe.runIf(hasRedis && asked)('killed', () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await RedisServer.start();
    const training = { ...tiny.training, episodes: 8, steps: STEPS, parts: 8, save_every: 50 };
    writeFileSync(config, JSON.stringify({ ...tiny, training }));
    expect((await ebmm(['train', config, '--out', whole])).status).toBe(0);
  }, 300_000);
  afterAll(() => server.end());

  test.each([1, 2, 4])('with %i workers that live, as processes', LONG, async (count) => {
    const run = join(folder, `with-${count}`);
    const crew = new Crew(server.url);
    crew.join(count);
    const training = start('train', config, '--out', run, '--workers', server.url);
    expect(await training.ended, training.text()).toBe(0);
    expect(outcome(run)).toEqual(outcome(whole));
  });

  test('20 workers killed and others joining at random', LONG, async () => {
    const run = join(folder, 'workers-killed');
    const random = stream('kills of workers');
    const crew = new Crew(server.url);
    crew.join(2);
    const training = start('train', config, '--out', run, '--workers', server.url);
    onTestFinished(() => void training.child.kill('SIGKILL'));
    const KILLS = 20;
    for (let kill = 1; kill <= KILLS; kill++) {
      const from = Math.floor((STEPS * kill) / (KILLS + 2));
      while (updatesOf(run) < from) {
        expect(training.child.exitCode, training.text()).toBeNull();
        crew.check();
        await pause(5);
      }
      await pause(30 * random.uniform());
      const { alive } = crew;
      const [victim] = alive.splice(random.integer(alive.length), 1);
      victim.child.kill('SIGKILL');
      crew.join(alive.length < 2 ? 1 + random.integer(2) : random.integer(2));
    }
    expect(await training.ended, training.text()).toBe(0);
    expect(crew.all.filter(({ child }) => child.signalCode === 'SIGKILL')).toHaveLength(KILLS);
    expect(outcome(run)).toEqual(outcome(whole));
  });

  test('Redis killed and started empty, and the run killed and resumed, five times each', LONG, async () => {
    const run = join(folder, 'all-killed');
    const random = stream('kills of Redis');
    const crew = new Crew(server.url);
    crew.join(2);
    let training = start('train', config, '--out', run, '--workers', server.url);
    onTestFinished(() => void training.child.kill('SIGKILL'));
    const KILLS = 10;
    for (let kill = 1; kill <= KILLS; kill++) {
      const from = updatesOf(run) + Math.floor(STEPS / (KILLS + 4));
      while (updatesOf(run) < from) {
        expect(training.child.exitCode, training.text()).toBeNull();
        crew.check();
        await pause(5);
      }
      await pause(30 * random.uniform());
      if (kill % 2 === 0) {
        training.child.kill('SIGKILL');
        await training.ended;
        training = start('train', '--resume', run, '--workers', server.url);
      } else {
        await server.down();
        await pause(1000 * random.uniform());
        await server.up();
      }
    }
    expect(await training.ended, training.text()).toBe(0);
    expect(crew.alive).toHaveLength(2);
    expect(outcome(run)).toEqual(outcome(whole));
  });
});
