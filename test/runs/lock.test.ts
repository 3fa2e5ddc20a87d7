import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { isHeld, lockPath, lockRun } from '../../runs/lock.ts';

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'ebmm-lock-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

test('a folder is taken once, and free after its release', async () => {
  const run = folder();
  const lease = await lockRun(run);
  expect(await isHeld(run)).toBe(true);
  await expect(lockRun(run)).rejects.toThrow(`${run} is in use by process ${process.pid} on ${hostname()}`);
  lease.release();
  expect(readdirSync(run)).toEqual([]);
  expect(await isHeld(run)).toBe(false);
  (await lockRun(run)).release();
});

test('one line is said while a holder is watched', async () => {
  const run = folder();
  const lease = await lockRun(run);
  const { mkdirSync, readFileSync } = await import('node:fs');
  const text = readFileSync(join(lockPath(run), lease.owner), 'utf8');
  lease.release();
  mkdirSync(lockPath(run));
  const other = { ...JSON.parse(text), machine: 'another', host: 'elsewhere', pid: 9, dead: 0.3 };
  writeFileSync(join(lockPath(run), lease.owner), JSON.stringify(other));
  expect(await isHeld(run)).toBe(true);
  const said: string[] = [];
  const taken = await lockRun(run, (line) => said.push(line));
  expect(said).toEqual([`${run} may be in use by process 9 on elsewhere: watching it for up to 1 s`]);
  taken.release();
});
