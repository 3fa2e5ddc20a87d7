/** @file Trials of a sweep made by workers through Redis: the same runs as here, landed whole; what is damaged or not allowed is not. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdir, mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { parseManifest } from '../../../runs/sweep/manifest.ts';
import { type Archive, CHUNK, pack, receive, send, unpack } from '../../../runs/workers/archive.ts';
import { BadBlob } from '../../../runs/workers/blob.ts';
import { jobId, openQueue, sweepId, trialKeys } from '../../../runs/workers/trial-queue.ts';
import { ebmm, expectRefused, folderOfFile, tiny } from '../command.ts';
import { begin, until } from './begin.ts';
import { outcome } from './outcome.ts';
import { hasRedis, RedisServer } from './redis-server.ts';

const folder = folderOfFile();
const config = join(folder, 'tiny.json');
const judged = ['--episodes', '2', '--patterns', '2'];
writeFileSync(config, JSON.stringify(tiny));

describe('archives', () => {
  const make = async () => {
    const own = await mkdtemp(join(folder, 'run-'));
    await mkdir(join(own, 'checkpoint'));
    await mkdir(join(own, 'lock'));
    writeFileSync(join(own, 'config.json'), '{}');
    writeFileSync(join(own, 'checkpoint', 'state.safetensors'), Buffer.alloc(1000, 7));
    writeFileSync(join(own, 'lock', 'abc'), 'held');
    writeFileSync(join(own, 'metrics.jsonl.12ab.partial'), 'half');
    writeFileSync(join(own, '.hidden'), 'x');
    return { own, ...(await pack(own)) };
  };

  test('hold the files of a run, but for locks and what is half-written', async () => {
    const { archive, data } = await make();
    expect(archive.files.map(({ path }) => path)).toEqual(['checkpoint/state.safetensors', 'config.json']);
    const to = await mkdtemp(join(folder, 'to-'));
    await unpack(archive, data, to);
    expect(readFileSync(join(to, 'checkpoint', 'state.safetensors'))).toEqual(Buffer.alloc(1000, 7));
  });

  test.each<[string, (archive: Archive, data: Buffer) => [Archive, Buffer]]>([
    ['cut off', (archive, data) => [archive, data.subarray(1)]],
    ['with other bytes', (archive, data) => [archive, Buffer.from(data).fill(1, 0, 3)]],
    ['longer files than bytes', (archive, data) => [{ ...archive, files: [...archive.files, { path: 'x', bytes: 1 }] }, data]], // biome-ignore format: one line
    ['one name twice', (archive, data) => [{ ...archive, files: [...archive.files, { path: 'config.json', bytes: 0 }] }, data]], // biome-ignore format: one line
  ])('%s are refused', async (_, damage) => {
    const { archive, data } = await make();
    const to = await mkdtemp(join(folder, 'to-'));
    await expect(unpack(...damage(archive, data), to)).rejects.toThrow(BadBlob);
  });
});

describe.runIf(hasRedis)('with Redis', { timeout: 240_000 }, () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await RedisServer.start();
  });
  afterAll(() => server.end());

  test('chunks that are missing, too long or damaged are refused', async () => {
    const redis = await server.client();
    onTestFinished(() => redis.disconnect());
    const data = Buffer.alloc(CHUNK + 10, 3);
    const archive = { bytes: data.length, sha256: '0'.repeat(64), files: [] };
    await send(redis, 'chunks', data);
    expect(data.equals(await receive(redis, 'chunks', archive))).toBe(true);
    await redis.setrange('chunks:1', 6, 'x');
    await expect(receive(redis, 'chunks', archive)).rejects.toThrow('chunk 2 is damaged');
    await redis.append('chunks:1', 'more');
    await expect(receive(redis, 'chunks', archive)).rejects.toThrow('chunk 2 has 18 bytes, expected 14');
    await redis.del('chunks:0');
    await expect(receive(redis, 'chunks', archive)).rejects.toThrow('chunk 1 has 0 bytes');
  });

  test('a sweep whose trials a worker makes: the same runs as by train, nothing left in Redis', {
    timeout: 200_000,
  }, async () => {
    const out = join(folder, 'sweep');
    const sweep = begin('sweep', config, '--out', out, '--seeds', '2', ...judged, '--queue', server.url);
    begin('worker', server.url, '--threads', '1');
    expect(await sweep.ended, sweep.lines.join('\n')).toBe(0);
    for (const seed of [0, 1]) {
      const run = join(out, `trial-00${seed + 1}`);
      const own = join(folder, `own-${seed}`);
      await ebmm(['train', config, '--out', own, '--seed', String(seed)]);
      expect(outcome(run)).toEqual(outcome(own));
      expect(existsSync(join(run, 'heldout.json'))).toBe(true);
    }
    expect(readdirSync(join(out, 'sweep'))).not.toContain('incoming');
    const redis = await server.client();
    expect((await redis.keys('ebmm:trial:*')).filter((key) => !key.includes('chunk'))).toEqual([]);
    redis.disconnect();
  });

  test('a result that is damaged does not land and the trial is made again; one that a worker cannot make is left to others', {
    timeout: 200_000,
  }, async () => {
    const out = join(folder, 'damaged');
    const sweep = begin('sweep', config, '--out', out, ...judged, '--queue', server.url);
    const redis = await server.client();
    const queue = await openQueue(server.url, {});
    onTestFinished(async () => {
      redis.disconnect();
      await queue.close();
    });
    await until(() => existsSync(join(out, 'sweep.json')));
    const manifest = parseManifest(JSON.parse(readFileSync(join(out, 'sweep.json'), 'utf8')), 'test');
    const id = jobId(sweepId(out, manifest), 'trial-001', tiny.training.steps);
    await until(() => queue.getJob(id));
    const archive = { bytes: 1, sha256: '0'.repeat(64), files: [{ path: 'config.json', bytes: 1 }] };
    const evil = (made: object) =>
      JSON.stringify({ what: 'made', worker: 'evil', archive: { ...archive, ...made } });
    const results = ['{', '{"what":"made"}', evil({}), evil({ files: [{ path: '../evil', bytes: 1 }] })];
    for (const [i, text] of results.entries()) {
      await redis.set(trialKeys(id).result, text);
      await until(() => sweep.lines.filter((line) => line.includes('is damaged')).length > i);
    }
    expect(existsSync(join(out, 'trial-001'))).toBe(false);
    // One of somebody else's that names a module, for whoever takes it first.
    await until(() => queue.getJob(id));
    const { data } = (await queue.getJob(id))!;
    const other = jobId('0'.repeat(16), 'trial-001', 4);
    const network = { name: 'custom', file: 'evil.mjs' };
    const trials = [{ ...manifest.trials[0], config: { ...tiny, network } }];
    const theirs = { ...data, id: other, manifest: { ...data.manifest, trials } };
    await queue.add('foreign', theirs, { jobId: other, lifo: true });
    const worker = begin('worker', server.url, '--threads', '1');
    const why = 'cannot make foreign: its configuration names modules (evil.mjs): --allow-modules';
    await until(() => worker.lines.some((line) => line.includes(why)));
    await queue.remove(other);
    expect(await sweep.ended, sweep.lines.join('\n')).toBe(0);
  });

  test('stopped by a signal it says how to go on, with its queue, and goes on so', async () => {
    const out = join(folder, 'stopped');
    const sweep = begin('sweep', config, '--out', out, ...judged, '--queue', server.url);
    await until(() => existsSync(join(out, 'sweep.json')) && sweep.lines.length > 0);
    expect(await sweep.stop(), sweep.lines.join('\n')).toBe(143);
    const line = sweep.lines.findLast((said) => said.startsWith('stopped; go on with: ebmm '));
    expect(line).toBe(`stopped; go on with: ebmm sweep ${out} --queue ${server.url}`);
    const again = begin(...line!.slice('stopped; go on with: ebmm '.length).split(' '));
    await until(() => again.lines.some((said) => said.includes(`ebmm worker ${server.url}`)));
    expect(await again.stop(), again.lines.join('\n')).toBe(143);
  });

  test('what cannot be is refused in a line', async () => {
    const sweep = (...more: string[]) =>
      ebmm(['sweep', config, '--out', join(folder, 'no'), ...judged, ...more]);
    expectRefused(await sweep('--queue', 'redis://127.0.0.1:1'), 'nobody there');
    expectRefused(await sweep('--queue', server.url, '--slurm'), 'two ways');
  });
});
