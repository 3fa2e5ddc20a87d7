/**
 * @file A claim on a place in a file system that several processes, containers or machines share: whoever holds it renews
 * it, and who has not renewed for some time is dead, whatever its name and number.
 *
 * A lease is a folder that holds one file named by its owner's random id. Three steps that file systems make atomic decide
 * everything: a folder is renamed onto an absent or empty one (to take), the file of a dead owner is unlinked by its name
 * (of several that try, one succeeds, and only while that owner's file is there), and a file is looked up (to know that one
 * still holds it).
 */
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  openSync,
  readFileSync,
  readlinkSync,
  rmdirSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { chmod, lstat, mkdir, readdir, readFile, rename, rm, rmdir, stat, unlink, writeFile } from 'node:fs/promises'; // biome-ignore format: one import
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { z } from 'zod';
import { InputError } from '../src/errors.ts';
import { FileError } from '../src/files.ts';

/** Seconds between renewals, and seconds without one after which a holder is dead. */
export const RENEWAL = { every: 3, dead: 30 } as const;

const holderSchema = z.object({
  owner: z.string().regex(/^[0-9a-f]{32}$/),
  host: z.string().max(255),
  pid: z.int().min(0),
  /** What tells processes that share a clock, and their numbers; empty where the system does not say. */
  machine: z.string().max(200),
  processes: z.string().max(200),
  /** When the process began, by the system's count, so that a later process of the same number is not taken for it. */
  began: z.string().max(40),
  /** Seconds without a renewal after which it is dead. */
  dead: z.number().min(0.01).max(3600),
  /** The machine's monotonic clock at the last renewal, in milliseconds. */
  renewed: z.number().min(0),
});
export type Holder = z.infer<typeof holderSchema>;

/** What is known of a lease at a glance. `unsure`: only a renewal, or the want of one for long enough, will tell. */
export type LeaseState =
  | { state: 'free' }
  | {
      state: 'held' | 'unsure' | 'dead';
      holder?: Holder;
      /** Changes with every renewal; up to the first space it names the holder. */
      token: string;
      /** When it was last written, by the file system's clock, in milliseconds since 1970. */
      at?: number;
    };

export interface Lease {
  readonly owner: string;
  /** Where it is. */
  readonly path: string;
  /** @throws FileError when it has been taken over, so that the late holder writes nothing more */
  check(): void;
  /** Gives it up; a process that ends does so too. */
  release(): void;
}

export interface LeaseOptions {
  every?: number;
  dead?: number;
  /** Told once, when the holder must be watched for so many seconds at most. */
  waiting?: (holder: Holder | undefined, seconds: number) => void;
  /** Whether to watch a holder of which it is not certain whether it lives; default true. */
  wait?: boolean;
  /** What has been watching it already; with `wait: false`, whoever looks again and again never waits. */
  watch?: LeaseWatch;
}

/**
 * Takes the lease at `path`, whose parent folder exists.
 * @returns the lease, or who has it; after at most `dead` seconds of watching
 * @throws InputError when something else is at `path`; the system's error where it refuses to write there
 */
export async function takeLease(
  path: string,
  { every = RENEWAL.every, dead = RENEWAL.dead, waiting, wait = true, watch = new LeaseWatch() }: LeaseOptions = {}, // biome-ignore format: one object
): Promise<Lease | { heldBy: Holder | undefined }> {
  const own: Holder = { owner: randomBytes(16).toString('hex'), host: hostname(), pid: process.pid, ...SELF, dead, renewed: clock() }; // biome-ignore format: one object
  const prepared = `${path}.${own.owner}.partial`;
  let said = false;
  try {
    for (;;) {
      const found = await watch.look(path);
      if (found.state === 'held') return { heldBy: found.holder };
      if (found.state === 'unsure') {
        if (!wait) return { heldBy: found.holder };
        if (!said) waiting?.(found.holder, found.holder?.dead ?? dead);
        said = true;
        await setTimeout(Math.min(250, every * 250));
        continue;
      }
      if (found.state === 'dead') await removeDead(path, found);
      await prepare(prepared, own);
      if (await moved(prepared, path)) return hold(path, own, every);
    }
  } finally {
    await rm(prepared, { recursive: true, force: true });
  }
}

/**
 * Looks at leases again and again: one whose holder is on another machine is dead when it has not changed for as long as the
 * holder itself promised, by this process's clock.
 */
export class LeaseWatch {
  readonly #seen = new Map<string, { token: string; since: number }>();

  /** @throws InputError when something that is no lease is at `path`, or it cannot be read */
  async look(path: string): Promise<LeaseState> {
    const found = await glance(path);
    if (found.state !== 'unsure') {
      this.#seen.delete(path);
      return found;
    }
    const seen = this.#seen.get(path);
    if (!seen) {
      this.#seen.set(path, { token: found.token, since: clock() });
      return found;
    }
    if (nameOf(seen.token) === nameOf(found.token) && seen.token !== found.token) {
      this.#seen.set(path, { token: found.token, since: clock() });
      return { ...found, state: 'held' };
    }
    if (seen.token !== found.token) {
      this.#seen.set(path, { token: found.token, since: clock() });
      return found;
    }
    const silent = (clock() - seen.since) / 1000;
    return silent > (found.holder?.dead ?? RENEWAL.dead) ? { ...found, state: 'dead' } : found;
  }
}

/** Milliseconds of a clock that nobody sets, which all processes of a machine share. */
const clock = () => Number(process.hrtime.bigint() / 1_000_000n);

/** Who this process is, to processes of the same machine. */
const SELF = {
  machine: [readOrEmpty('/proc/sys/kernel/random/boot_id'), linkOrEmpty('/proc/self/ns/time')]
    .join(' ')
    .trim(),
  processes: linkOrEmpty('/proc/self/ns/pid'),
  began: beganOf(process.pid) ?? '',
};

/** A lease as it is now. */
async function glance(path: string): Promise<LeaseState> {
  const there = await orAbsent(() => lstat(path), path);
  if (!there) return { state: 'free' };
  if (there.isSymbolicLink())
    throw new InputError(`${path} is a symbolic link, not a lock of ebmm: remove it`);
  if (there.isFile()) return { state: (await isOfOldVersion(path)) ? 'held' : 'dead', token: 'file ' };
  if (!there.isDirectory()) throw new InputError(`${path} is not a lock of ebmm: remove it`);
  const names = await orAbsent(() => readdir(path), path);
  if (!names || names.length === 0) return { state: 'free' };
  const [owner] = names;
  if (names.length > 1 || !/^[0-9a-f]{32}$/.test(owner)) {
    throw new InputError(`${path} is a folder with ${names.length === 1 ? `"${owner}"` : `${names.length} files`} in it, not a lock of ebmm: move it away`); // biome-ignore format: one message
  }
  const file = join(path, owner);
  const text = await orAbsent(() => readFile(file, 'utf8'), path);
  const at = (await orAbsent(() => stat(file), path))?.mtimeMs;
  if (text === undefined || at === undefined) return { state: 'free' };
  const token = `${owner} ${text}`;
  const holder = parse(text);
  if (!holder || holder.owner !== owner) return { state: 'unsure', token, at };
  return { state: stateOf(holder), holder, token, at };
}

function stateOf(holder: Holder): 'held' | 'unsure' | 'dead' {
  if (!SELF.machine || holder.machine !== SELF.machine) return 'unsure';
  if (SELF.processes && holder.processes === SELF.processes && holder.began) {
    if (beganOf(holder.pid) !== holder.began) return 'dead';
  }
  const silent = (clock() - holder.renewed) / 1000;
  if (silent < -1) return 'unsure';
  return silent > holder.dead ? 'dead' : 'held';
}

/** Locks were files once, which nobody renews: whether one names a process of this machine that runs. */
async function isOfOldVersion(path: string): Promise<boolean> {
  try {
    const { pid, host, began } = JSON.parse(await readFile(path, 'utf8'));
    return host === hostname() && Boolean(began) && beganOf(pid) === began;
  } catch {
    return false;
  }
}

/** Of several that find a lease dead, one removes it. */
async function removeDead(path: string, { token }: { token: string }): Promise<void> {
  const target = nameOf(token) === 'file' ? path : join(path, nameOf(token));
  try {
    await unlink(target);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EISDIR') return;
    // Unlinking a folder that has taken the place of a file.
    if (nameOf(token) === 'file' && (await lstat(path).catch(() => undefined))?.isDirectory()) return;
    throw new InputError(
      `${path} was left by a process that has ended, and cannot be removed (${code}): its owner must delete it`,
    );
  }
}

async function prepare(folder: string, own: Holder): Promise<void> {
  try {
    await mkdir(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  await writeFile(join(folder, own.owner), textOf({ ...own, renewed: clock() }));
  // Whoever may write in the folder around it may find it dead and take it over.
  const mode = (await stat(dirname(folder))).mode & 0o777;
  await chmod(folder, mode | 0o700).catch(() => {});
  await chmod(join(folder, own.owner), 0o644).catch(() => {});
}

async function moved(from: string, to: string): Promise<boolean> {
  // Windows renames no folder onto another, empty or not.
  if (process.platform === 'win32') await rmdir(to).catch(() => {});
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (['ENOTEMPTY', 'EEXIST', 'ENOTDIR', 'ENOENT'].includes(code)) return false;
    if (process.platform === 'win32' && code === 'EPERM') return false;
    throw error;
  }
}

function hold(path: string, { owner, ...holder }: Holder, every: number): Lease {
  const file = join(path, owner);
  const stop = renew(file, textOf({ owner, ...holder }), every);
  const release = () => {
    process.off('exit', release);
    stop();
    try {
      unlinkSync(file);
      rmdirSync(path);
    } catch {
      // Taken over, or taken again by the next already.
    }
  };
  process.on('exit', release);
  return {
    owner,
    path,
    check() {
      if (statSync(file, { throwIfNoEntry: false })) return;
      throw new FileError(
        `${path} was taken over while this process did not renew it (it was suspended, or its disk was away): another one writes there now`,
      );
    },
    release,
  };
}

/** Renews every lease of its process; also the source of a thread, so it knows nothing of this file. */
function renewals({
  openSync,
  writeSync,
  closeSync,
}: Pick<typeof import('node:fs'), 'openSync' | 'writeSync' | 'closeSync'>) {
  const timers = new Map<string, NodeJS.Timeout>();
  return ({ file, text, every = 1 }: Renewal) => {
    clearInterval(timers.get(file));
    timers.delete(file);
    if (!text) return;
    const renew = () => {
      const at = String(process.hrtime.bigint() / 1000000n).padStart(15, '0');
      try {
        // By its path: a file that has been removed is not made again.
        const handle = openSync(file, 'r+');
        try {
          writeSync(handle, `${text.slice(0, -17)}${at}"}`, 0);
        } finally {
          closeSync(handle);
        }
      } catch {
        // The holder finds out where it checks.
      }
    };
    timers.set(file, setInterval(renew, every * 1000).unref());
  };
}

/** What a lease's file says, and how often; without a text, it is renewed no more. */
interface Renewal {
  file: string;
  text?: string;
  every?: number;
}

/** In a thread of its own, so that long computations on the main one do not keep a lease from being renewed. */
const THREAD = `
// Compilers of TypeScript call it in the functions they make.
const __name = (f) => f;
const { parentPort } = require('node:worker_threads');
parentPort.on('message', (${renewals.toString()})(require('node:fs')));
`;

let tell: ((renewal: Renewal) => void) | undefined;
let stopThread = () => {};
const running = new Map<string, Renewal>();

function renew(file: string, text: string, every: number): () => void {
  tell ??= startThread();
  running.set(file, { file, text, every });
  tell({ file, text, every });
  return () => {
    running.delete(file);
    tell?.({ file });
    if (running.size > 0) return;
    stopThread();
    tell = undefined;
  };
}

function startThread(): (renewal: Renewal) => void {
  const thread = new Worker(THREAD, { eval: true, execArgv: [], name: 'leases' });
  thread.unref();
  // Where no thread can be had, this one must do.
  thread.on('error', () => {
    tell = renewals({ openSync, writeSync, closeSync });
    for (const renewal of running.values()) tell(renewal);
  });
  stopThread = () => void thread.terminate();
  return (renewal) => thread.postMessage(renewal);
}

/** Always of the same length, and its end, so that a renewal writes over the last one. */
const textOf = ({ renewed: at, ...holder }: Holder) =>
  JSON.stringify({ ...holder, renewed: String(at).padStart(15, '0') });

function parse(text: string): Holder | undefined {
  try {
    const value = JSON.parse(text);
    return holderSchema.parse({ ...value, renewed: Number(value.renewed) });
  } catch {
    return undefined;
  }
}

const nameOf = (token: string) => token.slice(0, token.indexOf(' '));

/** Ticks since the machine started (field 22 of /proc/PID/stat); undefined of a process that has ended. */
function beganOf(pid: number): string | undefined {
  const line = readOrEmpty(`/proc/${pid}/stat`);
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19];
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return '';
  }
}

function linkOrEmpty(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}

/** @throws InputError when it is there and cannot be read */
async function orAbsent<T>(step: () => Promise<T>, path: string): Promise<T | undefined> {
  try {
    return await step();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new InputError(
      `${path} cannot be read (${code}): it is in use by another user, or was left by one`,
    );
  }
}
