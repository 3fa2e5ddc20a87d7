/** @file One process at a time writes into a run folder: its file `lock` names that process, and outlives it harmlessly. */
import { randomBytes } from 'node:crypto';
import { readFileSync, unlinkSync } from 'node:fs';
import { link, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { z } from 'zod';
import { InputError } from '../src/errors.ts';

const holderSchema = z.object({
  pid: z.int().min(1),
  host: z.string(),
  /** When the process began, by the system's count, so that a later process of the same number is not taken for it. */
  began: z.string(),
});
type Holder = z.infer<typeof holderSchema>;

/** Removing a stale lock takes moments; a guard of this age is of a process that was killed just then. */
const GUARD_MS = 10_000;

export const lockPath = (folder: string) => join(folder, 'lock');

/**
 * Takes a run folder for this process.
 * @returns releases it; a process that ends releases it too
 * @throws InputError when another process has it
 */
export async function lockRun(folder: string): Promise<() => void> {
  const path = lockPath(folder);
  const own = JSON.stringify({
    pid: process.pid,
    host: hostname(),
    began: beganOf(process.pid),
  } satisfies Holder);
  // Written beside its place and linked into it, so that nobody reads half a lock.
  const temporary = `${path}.${randomBytes(4).toString('hex')}.partial`;
  await writeFile(temporary, own, { flag: 'wx' });
  try {
    while (!(await linked(temporary, path))) await removeStale(path, folder);
  } finally {
    await rm(temporary, { force: true });
  }
  const release = () => {
    process.off('exit', release);
    if (readOrUndefined(path) === own) unlinkSync(path);
  };
  process.on('exit', release);
  return release;
}

/** Who holds a run folder at present; undefined when nobody does. */
export async function holderOf(folder: string): Promise<{ pid: number; host: string } | undefined> {
  const holder = parse(await readFile(lockPath(folder), 'utf8').catch(() => ''));
  return holder && isAlive(holder) ? holder : undefined;
}

async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** @throws InputError when the lock is not stale */
async function removeStale(path: string, folder: string): Promise<void> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text === undefined) return;
  const holder = parse(text);
  if (holder && isAlive(holder)) {
    const elsewhere =
      holder.host === hostname() ? '' : ` on ${holder.host} (if that has ended, delete ${path})`;
    throw new InputError(`${folder} is in use by process ${holder.pid}${elsewhere}`);
  }
  // Of several that find it stale one removes it: the others wait, and look again.
  const guard = `${path}.takeover.partial`;
  try {
    await writeFile(guard, '', { flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    const since = (await stat(guard).catch(() => undefined))?.mtimeMs ?? Date.now();
    if (Date.now() - since > GUARD_MS) await rm(guard, { force: true });
    await setTimeout(10);
    return;
  }
  try {
    if ((await readFile(path, 'utf8').catch(() => undefined)) === text) await rm(path, { force: true });
  } finally {
    await rm(guard, { force: true });
  }
}

function isAlive({ pid, host, began }: Holder): boolean {
  // Of a process on another machine nothing can be known.
  if (host !== hostname()) return true;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  return beganOf(pid) === began;
}

/** Ticks since the machine started (field 22 of /proc/PID/stat); empty where there is no /proc. */
function beganOf(pid: number): string {
  const stat = readOrUndefined(`/proc/${pid}/stat`);
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}

function readOrUndefined(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function parse(text: string): Holder | undefined {
  try {
    return holderSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}
