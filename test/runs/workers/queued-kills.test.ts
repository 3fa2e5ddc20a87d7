/** @file A sweep through Redis whose workers, server and owner are killed: every trial once, each bit for bit. Minutes: `npm run test:redis`. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { stream } from '../../../src/random.ts';
import { ebmm, folderOfFile, tiny } from '../command.ts';
import { outcome } from './outcome.ts';
import { asked, hasRedis, RedisServer, type Started, start } from './redis-server.ts';

const folder = folderOfFile();
const config = join(folder, 'tiny.json');
const TRIALS = 4;
const STEPS = 400;

const pause = (ms: number) => new Promise((resume) => setTimeout(resume, ms));

describe.runIf(hasRedis && asked)('killed', () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await RedisServer.start();
    writeFileSync(
      config,
      JSON.stringify({ ...tiny, training: { ...tiny.training, steps: STEPS, save_every: 50 } }),
    );
  });
  afterAll(() => server.end());

  test.each([[[]], [['--halving', '2', '--first', '200']]])(
    'workers, Redis and the sweep at random moments %j',
    { timeout: 1_500_000 },
    async (more) => {
      const out = join(folder, `sweep-${more.length}`);
      const random = stream('kills of a sweep');
      const workers: Started[] = [];
      const join_ = () => void workers.push(start('worker', server.url, '--threads', '1'));
      onTestFinished(() => workers.forEach(({ child }) => void child.kill('SIGKILL')));
      const judged = ['--episodes', '2', '--patterns', '2'];
      let sweep = start(
        'sweep',
        config,
        '--out',
        out,
        '--seeds',
        String(TRIALS),
        ...judged,
        ...more,
        '--queue',
        server.url,
      );
      onTestFinished(() => void sweep.child.kill('SIGKILL'));
      while (!existsSync(join(out, 'sweep.json'))) await pause(50);
      join_();
      join_();
      for (const what of ['worker', 'Redis', 'worker', 'sweep', 'worker', 'Redis', 'sweep']) {
        await pause(1000 + 9000 * random.uniform());
        if (sweep.child.exitCode === 0) break;
        expect(sweep.child.exitCode, sweep.text()).toBeNull();
        if (what === 'worker') {
          workers[random.integer(workers.length)].child.kill('SIGKILL');
          join_();
        } else if (what === 'Redis') {
          await server.down();
          await pause(500);
          await server.up();
        } else {
          sweep.child.kill('SIGKILL');
          await sweep.ended;
          sweep = start('sweep', out, '--queue', server.url);
        }
      }
      expect(await sweep.ended, sweep.text()).toBe(0);
      const made = readdirSync(out).filter((name) => name.startsWith('trial-'));
      expect(made).toHaveLength(TRIALS);
      let whole = 0;
      for (const name of made) {
        const { judgements } = JSON.parse(readFileSync(join(out, name, 'heldout.json'), 'utf8'));
        const steps = judgements.map((judgement: { steps: number }) => judgement.steps);
        expect([[STEPS], [200, STEPS], [200]]).toContainEqual(steps);
        if (!steps.includes(STEPS)) continue;
        whole++;
        const seed = JSON.parse(readFileSync(join(out, name, 'config.json'), 'utf8')).seed;
        const own = join(folder, `own-${seed}`);
        if (!existsSync(own)) await ebmm(['train', config, '--out', own, '--seed', String(seed)]);
        expect(outcome(join(out, name))).toEqual(outcome(own));
      }
      expect(whole).toBeGreaterThanOrEqual(more.length > 0 ? 1 : TRIALS);
      expect(existsSync(join(out, 'sweep', 'incoming'))).toBe(false);
    },
  );
});
