import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'; // biome-ignore format: one import
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { type Holder, type Lease, LeaseWatch, takeLease } from '../../runs/lease.ts';

function place(): string {
  const folder = mkdtempSync(join(tmpdir(), 'ebmm-lease-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'lock');
}

async function taken(path: string, options = {}): Promise<Lease> {
  const lease = await takeLease(path, options);
  if ('heldBy' in lease) throw new Error(`held by ${JSON.stringify(lease.heldBy)}`);
  onTestFinished(() => lease.release());
  return lease;
}

const pause = (ms: number) => new Promise((resume) => setTimeout(resume, ms));

/** What a holder wrote. */
function recordOf(path: string): Holder & Record<string, unknown> {
  return JSON.parse(readFileSync(join(path, readdirSync(path)[0]), 'utf8'));
}

/** A lease of a holder that this process is not. */
function leave(path: string, change: Record<string, unknown>): string {
  const owner = 'ab'.repeat(16);
  mkdirSync(path);
  const own = { owner, host: 'elsewhere', pid: 7, machine: 'another', processes: '', began: '', dead: 0.4 };
  writeFileSync(join(path, owner), JSON.stringify({ ...own, renewed: '000000000000001', ...change }));
  return join(path, owner);
}

test('a lease is had once, is free after its release, and leaves nothing', async () => {
  const path = place();
  const lease = await taken(path);
  lease.check();
  const again = await takeLease(path);
  expect(again).toMatchObject({ heldBy: { owner: lease.owner, pid: process.pid } });
  lease.release();
  expect(existsSync(path)).toBe(false);
  expect(() => lease.check()).toThrow('was taken over');
  (await taken(path)).release();
  expect(readdirSync(join(path, '..'))).toEqual([]);
});

test('it is renewed, also while the main thread is busy', async () => {
  const path = place();
  await taken(path, { every: 0.05 });
  const first = Number(recordOf(path).renewed);
  await pause(400);
  const second = Number(recordOf(path).renewed);
  expect(second).toBeGreaterThan(first);
  const until = performance.now() + 500;
  let sum = 0;
  while (performance.now() < until) sum += Math.sin(sum);
  expect(Number(recordOf(path).renewed)).toBeGreaterThan(second + 200);
});

test('it is renewed by a thread of its own however the program is started', async () => {
  const path = place();
  const script = fileURLToPath(new URL('./lease-contender.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', script, path, 'busy'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let text = '';
  child.stdout.on('data', (data) => {
    text += data;
  });
  await once(child, 'exit');
  const [before, after] = text.trim().split('\n').map(Number);
  expect(after).toBeGreaterThan(before);
});

test('a silent holder on another machine is watched for as long as it promised, then its lease is taken', async () => {
  const path = place();
  leave(path, {});
  const said: unknown[] = [];
  const started = performance.now();
  const lease = await taken(path, { waiting: (holder: Holder, seconds: number) => said.push(holder.host, seconds) }); // biome-ignore format: one call
  expect(performance.now() - started).toBeGreaterThan(400);
  expect(said).toEqual(['elsewhere', 0.4]);
  lease.check();
  expect(readdirSync(path)).toEqual([lease.owner]);
});

test('a renewal seen is enough to leave it alone', async () => {
  const path = place();
  const file = leave(path, { dead: 20 });
  const asked = takeLease(path);
  await pause(300);
  writeFileSync(file, readFileSync(file, 'utf8').replace('000000000000001', '000000000000002'));
  expect(await asked).toMatchObject({ heldBy: { host: 'elsewhere' } });
  expect(await takeLease(path, { wait: false })).toMatchObject({ heldBy: { host: 'elsewhere' } });
  expect(existsSync(file)).toBe(true);
});

test.skipIf(!existsSync('/proc/self/ns/pid'))(
  'on one machine its clock decides at once, whatever the name of the host and the number of the process',
  async () => {
    const path = place();
    const lease = await taken(path);
    const { machine, began, processes } = recordOf(path);
    const now = Number(process.hrtime.bigint() / 1_000_000n);
    lease.release();
    const ours = { host: 'elsewhere', machine, dead: 30 };
    const wait = { wait: false };
    const stateOf = async (change: object) => {
      rmSync(path, { recursive: true, force: true });
      leave(path, { ...ours, ...change });
      return (await new LeaseWatch().look(path)).state;
    };
    const text = (ms: number) => String(ms).padStart(15, '0');
    // Another container: its processes have numbers of their own.
    const other = { processes: 'pid:[1]', pid: process.pid, began };
    expect(await stateOf({ ...other, renewed: text(now - 1000) })).toBe('held');
    expect(await stateOf({ ...other, renewed: text(now - 31_000) })).toBe('dead');
    // The same: a process that is known to have ended, or to have begun at another time.
    expect(await stateOf({ processes, pid: process.pid, began, renewed: text(now) })).toBe('held');
    expect(await stateOf({ processes, pid: process.pid, began: '1', renewed: text(now) })).toBe('dead');
    expect(await stateOf({ processes, pid: 2 ** 22 + 5, began, renewed: text(now) })).toBe('dead');
    // Alive but silent: suspended, or it cannot write.
    expect(await stateOf({ processes, pid: process.pid, began, renewed: text(now - 31_000) })).toBe('dead');
    // A clock that cannot be: it is watched.
    expect(await stateOf({ ...other, renewed: text(now + 3_600_000) })).toBe('unsure');
    await expect(takeLease(path, wait)).resolves.toHaveProperty('heldBy');
  },
);

test('what is unreadable inside a lease is watched like another machine', async () => {
  for (const text of ['', '{', 'null', '{"owner":"cd"}', '['.repeat(100_000)]) {
    const path = place();
    writeFileSync(leave(path, {}), text);
    expect(await takeLease(path, { wait: false })).toEqual({ heldBy: undefined });
  }
});

test('something else at its place is refused in a line, and left there', async () => {
  const path = place();
  symlinkSync('/nonexistent', path);
  await expect(takeLease(path)).rejects.toThrow('lock is a symbolic link, not a lock of ebmm: remove it');
  rmSync(path);
  mkdirSync(path);
  writeFileSync(join(path, 'thesis.txt'), 'mine');
  await expect(takeLease(path)).rejects.toThrow(
    'lock is a folder with "thesis.txt" in it, not a lock of ebmm',
  );
  writeFileSync(join(path, 'second.txt'), 'mine');
  await expect(takeLease(path)).rejects.toThrow('lock is a folder with 2 files in it');
  expect(readdirSync(path).sort()).toEqual(['second.txt', 'thesis.txt']);
});

test('an empty folder, a torn file and a guard from the future are no locks', async () => {
  const path = place();
  mkdirSync(path);
  (await taken(path)).release();
  const future = new Date(Date.now() + 86_400_000);
  writeFileSync(path, '{"pid":');
  writeFileSync(`${path}.takeover.partial`, '');
  for (const file of [path, `${path}.takeover.partial`]) utimesSync(file, future, future);
  (await taken(path)).release();
});

test('of twelve that ask at once one gets it, free or dead', async () => {
  for (const make of [
    () => {},
    (path: string) => leave(path, { dead: 0.05 }),
    (path: string) => writeFileSync(path, 'x'),
  ]) {
    const path = place();
    make(path);
    const results = await Promise.all(Array.from({ length: 12 }, () => takeLease(path)));
    const got = results.filter((result) => 'check' in result);
    expect(got).toHaveLength(1);
    got[0].check();
    got[0].release();
    expect(readdirSync(join(path, '..'))).toEqual([]);
  }
});

/** A process that takes the lease at `path` again and again, and counts in a file what is only right when it is alone. */
function contender(path: string, rounds: number): { child: ChildProcess; ended: Promise<unknown> } {
  const script = fileURLToPath(new URL('./lease-contender.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', script, path, String(rounds)], {
    stdio: 'inherit',
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  return { child, ended: once(child, 'exit') };
}

test('processes that fight over it, some of them killed, never have it together', {
  timeout: 60_000,
}, async () => {
  const path = place();
  const sums = join(path, '..', 'sums');
  writeFileSync(sums, '');
  const all = Array.from({ length: 4 }, () => contender(path, 40));
  while (readFileSync(sums, 'utf8').split('\n').length < 20) await pause(5);
  all[0].child.kill('SIGKILL');
  all[1].child.kill('SIGKILL');
  await Promise.all(all.map(({ ended }) => ended));
  const lines = readFileSync(sums, 'utf8').trim().split('\n');
  // Each line is what its writer found before, plus one; one that was killed may have left its own unwritten.
  expect(lines.map(Number)).toEqual(lines.map((_, i) => i + 1));
  expect(lines.length).toBeGreaterThanOrEqual(80);
  expect(all[2].child.exitCode).toBe(0);
  expect(all[3].child.exitCode).toBe(0);
});
