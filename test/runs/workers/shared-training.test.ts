/** @file One run on several workers, in this process: the same run bit for bit, and what is said when it cannot be. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { encodeBlob } from '../../../runs/workers/blob.ts';
import { keysOf, RUNS } from '../../../runs/workers/protocol.ts';
import { ebmm, expectRefused, folderOfFile, tiny } from '../command.ts';
import { begin, until } from './begin.ts';
import { outcome } from './outcome.ts';
import { hasRedis, RedisServer } from './redis-server.ts';

const folder = folderOfFile();
const config = join(folder, 'tiny.json');
const whole = join(folder, 'whole');
const STEPS = 12;

describe.runIf(hasRedis)('with Redis', { timeout: 240_000 }, () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await RedisServer.start();
    const training = { ...tiny.training, episodes: 8, steps: STEPS, parts: 4 };
    writeFileSync(config, JSON.stringify({ ...tiny, training }));
    expect((await ebmm(['train', config, '--out', whole])).status).toBe(0);
  });
  afterAll(() => server.end());

  test('is the same bit for bit with two workers, and Redis keeps nothing of it', async () => {
    const run = join(folder, 'with-two');
    const workers = [1, 2].map((n) => begin('worker', server.url, '--threads', String(n)));
    const { status, err } = await ebmm([
      'train',
      config,
      '--out',
      run,
      '--threads',
      '1',
      '--workers',
      server.url,
    ]);
    expect(status, err).toBe(0);
    expect(outcome(run)).toEqual(outcome(whole));
    for (const worker of workers) expect(await worker.stop()).toBe(143);
    const redis = await server.client();
    // The queue of trials is another matter; a part that came twice, from a worker that was slow, goes by itself.
    for (const key of await redis.keys('ebmm:run*')) {
      expect(key).toMatch(/:part:\d+:\d+$/);
      expect(await redis.pttl(key)).not.toBe(-1);
    }
    redis.disconnect();
  });

  test('stopped while it waits for workers, it stands at its last update and goes on with them', async () => {
    const run = join(folder, 'stopped');
    const alone = begin('train', config, '--out', run, '--threads', '1', '--workers', server.url);
    await until(() => alone.lines.some((line) => line.includes('12 updates on')));
    expect(await alone.stop()).toBe(143);
    expect(alone.lines.at(-2)).toContain('stopped at update 0');
    begin('worker', server.url, '--threads', '1');
    const { status, err } = await ebmm(['train', '--resume', run, '--threads', '1', '--workers', server.url]);
    expect(status, err).toBe(0);
    expect(outcome(run)).toEqual(outcome(whole));
  });

  test('results that are damaged, of other updates or not finite are not believed', async () => {
    const run = join(folder, 'hostile');
    const training = begin('train', config, '--out', run, '--threads', '1', '--workers', server.url);
    const redis = await server.client();
    onTestFinished(() => redis.disconnect());
    let session = '';
    await until(async () => {
      [session = ''] = await redis.srandmember(RUNS, 1);
      return session && (await redis.exists(keysOf(session).parameters));
    });
    const keys = keysOf(session);
    const ofSpec = Object.entries(outcome(whole).tensors).filter(([name]) => name.startsWith('p:'));
    const numbers = ofSpec.reduce((sum, [, { values }]) => sum + values.length, 0) + 1;
    const header = { session, update: 1, k: 0, error: 0, queryError: 0, finite: true };
    const good = new Float32Array(numbers);
    const flipped = encodeBlob(header, [good]);
    flipped[flipped.length - 1] ^= 1;
    const hostile: [string, Buffer][] = [
      ['checksum', flipped],
      ['expected', encodeBlob(header, [new Float32Array(numbers + 1)])],
      ['another part', encodeBlob({ ...header, update: 7 }, [good])],
      ['another part', encodeBlob({ ...header, session: 'a'.repeat(32) }, [good])],
      ['not finite', encodeBlob(header, [good.slice().fill(Number.NaN)])],
      ['said not to be', encodeBlob({ ...header, finite: false }, [good])],
      ['wrong "k"', encodeBlob({ ...header, k: -1 }, [good])],
      ['not a blob', Buffer.alloc(5 * numbers, 'x')],
      ['expected', Buffer.concat([encodeBlob(header, [good]), Buffer.alloc(2 ** 22)])],
    ];
    for (const [, blob] of hostile) {
      await redis.set(keys.part(1, 0), blob);
      await redis.rpush(
        keys.notices,
        JSON.stringify({ what: 'part', worker: 'evil', update: 1, k: 0, ms: 1 }),
      );
      await until(async () => !(await redis.exists(keys.part(1, 0))));
    }
    await redis.rpush(
      keys.notices,
      'x'.repeat(10 ** 6),
      '{}',
      '{"what":"part","worker":"evil","update":1,"k":99,"ms":1}',
    );
    await until(() => training.lines.filter((line) => line.includes('damaged')).length >= hostile.length);
    const said = training.lines.filter((line) => line.includes('damaged'));
    for (const [i, [why]] of hostile.entries()) expect(said[i]).toContain(why);
    begin('worker', server.url, '--threads', '1');
    expect(await training.ended).toBe(0);
    expect(outcome(run)).toEqual(outcome(whole));
  });

  test('parameters that are damaged are not used, and come again', async () => {
    const run = join(folder, 'damaged');
    const training = begin('train', config, '--out', run, '--threads', '1', '--workers', server.url);
    const redis = await server.client();
    onTestFinished(() => redis.disconnect());
    let session = '';
    await until(async () => {
      [session = ''] = await redis.srandmember(RUNS, 1);
      return session && (await redis.exists(keysOf(session).parameters));
    });
    const { parameters } = keysOf(session);
    const bytes = (await redis.getBuffer(parameters))!;
    bytes[bytes.length - 3] ^= 1;
    await redis.set(parameters, bytes);
    const worker = begin('worker', server.url, '--threads', '1');
    await until(() => worker.lines.some((line) => line.includes('its parameters are damaged (its checksum')));
    expect(await training.ended).toBe(0);
    expect(outcome(run)).toEqual(outcome(whole));
  });

  test('a worker runs no modules unless it may, reads no data from anywhere, and says what it lacks', async () => {
    const redis = await server.client();
    onTestFinished(() => redis.disconnect());
    const network = join(folder, 'network.mjs');
    writeFileSync(network, 'globalThis.ran = true; export default () => ({});');
    const sha256 = 'ab'.repeat(32);
    const spec = {
      version: 1,
      ebmm: '0.1.0',
      name: 'theirs',
      config: { ...tiny, training: { ...tiny.training, parts: 2 } },
      kernels: { target: 'onnxruntime', products: 'float32' },
      files: [],
      modules: [],
      proof: { episodes: sha256, outcome: sha256 },
    };
    const custom = { ...spec.config, network: { name: 'custom', file: network } };
    const files = (train: string) => ({ ...spec.config, task: { name: 'files', train: [train] } });
    const offers: [string, string][] = [
      ['--allow-modules', JSON.stringify({ ...spec, config: custom, modules: [{ path: network, sha256 }] })],
      ['begun by ebmm 9.9.9', JSON.stringify({ ...spec, ebmm: '9.9.9' })],
      ['other episodes', JSON.stringify(spec)],
      ['outside of the data folder', JSON.stringify({ ...spec, config: files(network), files: [{ path: network, sha256 }] })], // biome-ignore format: one line
      ['none.npy is missing here', JSON.stringify({ ...spec, config: files('none.npy'), files: [{ path: 'none.npy', sha256 }] })], // biome-ignore format: one line
      ['without a checksum', JSON.stringify({ ...spec, config: files('package.json') })],
      ['unknown key "network.wide"', JSON.stringify({ ...spec, config: { ...spec.config, network: { name: 'hopfield-site', wide: 1 } } })], // biome-ignore format: one line
      ['no training.parts', JSON.stringify({ ...spec, config: tiny })],
      ['wrong "proof', JSON.stringify({ ...spec, proof: {} })],
      ['not JSON', '{'],
      ['more than', 'x'.repeat(2 ** 20 + 1)],
    ];
    const worker = begin('worker', server.url, '--threads', '1');
    for (const [i, [why, text]] of offers.entries()) {
      const session = i.toString(16).padStart(32, '0');
      const keys = keysOf(session);
      await redis.set(keys.spec, text);
      await redis.set(keys.alive, '1');
      await redis.sadd(RUNS, session);
      await until(() => worker.lines.filter((line) => line.includes('not helped')).length > i);
      const line = worker.lines.findLast((text) => text.includes('not helped'));
      expect(line).toContain(why);
      expect(JSON.parse((await redis.lpop(keys.notices))!)).toMatchObject({ what: 'declined' });
      await redis.del(keys.alive);
    }
    expect((globalThis as { ran?: boolean }).ran).toBeUndefined();
  });

  test('what cannot be shared is refused in a line, before anything is written', async () => {
    const out = join(folder, 'refused');
    const train = (...more: string[]) => ebmm(['train', config, '--out', out, ...more]);
    const cases: [string, string[]][] = [
      ['expected a divisor of 8', ['--workers', server.url, '--parts', '3']],
      ['at least 2', ['--workers', server.url, '--parts', '1']],
      ['computes a batch as a whole', ['--workers', server.url, '--engine', 'tfjs']],
      ['cannot be used', ['--workers', 'redis://127.0.0.1:1']],
      ['no address of Redis', ['--workers', 'http://127.0.0.1']],
    ];
    for (const [why, argv] of cases) {
      const result = await train(...argv);
      expect(result.err).toContain(why);
      expectRefused(result, argv.join(' '));
    }
    expectRefused(await ebmm(['worker', 'redis://:secret@127.0.0.1:1/x']), 'database');
    expectRefused(await ebmm(['train', 'demo', '--out', out, '--workers', server.url]), 'no parts');
  });

  test('Redis may want a password, which no line shows', async () => {
    const guarded = await RedisServer.start(['--requirepass', 'geheim']);
    onTestFinished(() => guarded.end());
    const without = await ebmm(['worker', guarded.url, '--idle', '0.01']);
    expect(without).toMatchObject({ status: 2, err: expect.stringContaining('wants a password') });
    const address = (password: string) => `redis://:${password}@127.0.0.1:${guarded.port}`;
    const wrong = await ebmm(['worker', address('falsch'), '--idle', '0.01']);
    expect(wrong).toMatchObject({ status: 2, err: expect.stringContaining('refuses') });
    const right = await ebmm(['worker', address('geheim'), '--idle', '0.01']);
    expect(right).toMatchObject({ status: 0, err: expect.not.stringContaining('geheim') });
    const kept = await ebmm(['worker', guarded.url, '--idle', '0.01'], { EBMM_REDIS_PASSWORD: 'geheim' });
    expect(kept.status).toBe(0);
  });
});
