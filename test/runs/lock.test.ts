import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { holderOf, lockPath, lockRun } from '../../runs/lock.ts';

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'ebmm-lock-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

test('a folder is taken once, and free after its release', async () => {
  const run = folder();
  const release = await lockRun(run);
  expect(await holderOf(run)).toMatchObject({ pid: process.pid });
  await expect(lockRun(run)).rejects.toThrow(`${run} is in use by process ${process.pid}`);
  release();
  expect(readdirSync(run)).toEqual([]);
  expect(await holderOf(run)).toBeUndefined();
  (await lockRun(run))();
});

test('of ten that ask at once, one gets it, stale or not', async () => {
  for (const stale of [undefined, 'x', JSON.stringify({ pid: 2 ** 22 + 5, host: hostname(), began: '1' })]) {
    const run = folder();
    if (stale) writeFileSync(lockPath(run), stale);
    const results = await Promise.allSettled(Array.from({ length: 10 }, () => lockRun(run)));
    const got = results.filter((result) => result.status === 'fulfilled');
    expect(got).toHaveLength(1);
    got[0].value();
    expect(readdirSync(run)).toEqual([]);
  }
});

test('the lock of a process that was killed is taken over', async () => {
  const run = folder();
  const child = spawn('sleep', ['60']);
  const release = await lockRun(run);
  const own = JSON.parse(readFileSync(lockPath(run), 'utf8'));
  release();
  const stat = existsSync('/proc/self/stat') ? readFileSync(`/proc/${child.pid}/stat`, 'utf8') : '';
  const began = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  writeFileSync(lockPath(run), JSON.stringify({ ...own, pid: child.pid, began }));
  await expect(lockRun(run)).rejects.toThrow(`in use by process ${child.pid}`);
  child.kill('SIGKILL');
  await once(child, 'exit');
  (await lockRun(run))();
});

test.skipIf(!existsSync('/proc/self/stat'))('a later process of the same number does not count', async () => {
  const run = folder();
  writeFileSync(lockPath(run), JSON.stringify({ pid: process.pid, host: hostname(), began: '1' }));
  expect(await holderOf(run)).toBeUndefined();
  (await lockRun(run))();
});

test('the lock of another machine is respected, and the message says how to undo it', async () => {
  const run = folder();
  writeFileSync(lockPath(run), JSON.stringify({ pid: 1, host: 'elsewhere', began: '1' }));
  await expect(lockRun(run)).rejects.toThrow(
    `${run} is in use by process 1 on elsewhere (if that has ended, delete ${lockPath(run)})`,
  );
});
