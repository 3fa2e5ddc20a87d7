/**
 * @file Downloads one file: into a part file, verified, then renamed, so that a half file never looks whole. A download
 * that broke off, or whose process was killed, is gone on with by the next one.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { InputError } from '../../src/errors.ts';
import type { DataFile } from './sets.ts';
import type { DataSource } from './source.ts';

/** How often a long download reports, in bytes. */
const REPORT_EVERY = 5_000_000;

/** Times that a connection may break before the download is given up for now. */
const ATTEMPTS = 3;

/** What a server may send at most for a file whose size is not known. */
const LARGEST = 2_000_000_000;

/** Downloads begun by this process. */
let begun = 0;

/**
 * Downloads `file` to `path`, replacing what is there. Throws InputError when the network, the server, the checksum, the
 * size or the disk fails; of a connection that broke, what came is kept for the next time.
 */
export async function download(file: DataFile, path: string, source: DataSource): Promise<void> {
  await onDisk(path, () => mkdir(dirname(path), { recursive: true }));
  // Named after the process that writes it: that of a process that is no more may be taken up.
  const part = `${path}.${process.pid}-${++begun}.part`;
  await onDisk(path, () => adopt(path, part));
  try {
    const handle = await onDisk(path, () => open(part, 'a'));
    let md5: string;
    try {
      const { size } = await handle.stat();
      await receiveAll(file, handle, part, path, source);
      md5 = await md5Of(part);
      if (size > 0 && md5 !== file.md5) {
        source.report?.(`${file.name}: what an earlier download left does not fit, starting again`);
        await onDisk(path, () => handle.truncate(0));
        await receiveAll(file, handle, part, path, source);
        md5 = await md5Of(part);
      }
      await onDisk(path, () => handle.sync());
    } finally {
      await handle.close().catch(() => {});
    }
    if (md5 !== file.md5) {
      await rm(part, { force: true });
      throw new InputError(
        `${file.name} as downloaded from ${file.url} has MD5 ${md5}, expected ${file.md5}; nothing was kept: ${remedy(file)}`,
      );
    }
    await onDisk(path, () => rename(part, path));
  } catch (error) {
    // Nobody's from now on; nothing is to be kept of nothing.
    const size = (await stat(part).catch(() => undefined))?.size;
    if (size) await rename(part, `${path}.0-0.part`).catch(() => {});
    else await rm(part, { force: true });
    throw error;
  }
}

/** Takes up the largest part of `path` that no living process writes; removes the others. */
async function adopt(path: string, part: string): Promise<void> {
  const parts: { name: string; size: number }[] = [];
  for (const entry of await readdir(dirname(path))) {
    const pid = entry.startsWith(`${basename(path)}.`) && /\.(\d+)-\d+\.part$/.exec(entry)?.[1];
    if (!pid || isAlive(Number(pid))) continue;
    const name = join(dirname(path), entry);
    parts.push({ name, size: (await stat(name).catch(() => undefined))?.size ?? 0 });
  }
  parts.sort((a, b) => b.size - a.size);
  for (const [i, { name }] of parts.entries()) {
    // Of two processes that want the same, one finds it gone.
    if (i === 0) await rename(name, part).catch(() => {});
    else await rm(name, { force: true });
  }
}

function isAlive(pid: number): boolean {
  if (pid === 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

/** Appends to `part` what it lacks, over as many connections as it takes. */
async function receiveAll(
  file: DataFile,
  handle: FileHandle,
  part: string,
  path: string,
  source: DataSource,
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      let { size } = await handle.stat();
      if (size > (file.bytes ?? LARGEST)) {
        await onDisk(path, () => handle.truncate(0));
        size = 0;
      }
      if (size !== file.bytes) await receive(file, handle, size, path, source);
      return;
    } catch (error) {
      if (!(error instanceof BrokenOff) || attempt === ATTEMPTS) throw error;
      const { size } = await stat(part);
      const what = error.message.slice(0, error.message.lastIndexOf(': '));
      source.report?.(`${what}; going on from byte ${size}`);
    }
  }
}

/** The connection ended early: to go on may help. */
class BrokenOff extends InputError {}

/** Appends the bytes of the file's URL from `from` on. */
async function receive(
  file: DataFile,
  handle: FileHandle,
  from: number,
  path: string,
  source: DataSource,
): Promise<void> {
  const { fetch = globalThis.fetch, report } = source;
  const headers: Record<string, string> = from > 0 ? { range: `bytes=${from}-` } : {};
  const response = await fetch(file.url, { headers }).catch((error) => {
    throw new InputError(`cannot download ${file.name} from ${file.url} (${reason(error)}): ${remedy(file)}`);
  });
  const refuse = async (what: string): Promise<never> => {
    await response.body?.cancel();
    throw new InputError(`${what}: ${remedy(file)}`);
  };
  let received = from;
  if (response.status === 416 || (response.status === 206 && !continues(response, from))) {
    // What is here is not a beginning of what is there.
    await response.body?.cancel();
    await onDisk(path, () => handle.truncate(0));
    return receive(file, handle, 0, path, source);
  }
  if (!response.ok || !response.body) {
    const answer = `${response.status} ${response.statusText}`.trim();
    return refuse(`cannot download ${file.name}: ${file.url} answered HTTP ${answer}`);
  }
  if (response.status !== 206 && from > 0) {
    // A server that cannot go on sends all of it again.
    await onDisk(path, () => handle.truncate(0));
    received = 0;
  }
  const rest = Number(response.headers.get('content-length')) || undefined;
  const announced = rest === undefined ? undefined : received + rest;
  const encoded = response.headers.get('content-encoding');
  const most = file.bytes ?? LARGEST;
  if (!encoded && announced !== undefined && (file.bytes ? announced !== most : announced > most)) {
    await onDisk(path, () => handle.truncate(0));
    return refuse(`${file.url} has ${announced} bytes, expected ${file.bytes ?? `at most ${most}`}`);
  }
  const total = file.bytes ?? (encoded ? undefined : announced);
  const size = total ? ` (${megabytes(total)})` : '';
  if (received === 0) report?.(`downloading ${file.name}${size} from ${file.url}`);
  else report?.(`going on with ${file.name} at ${megabytes(received)} of${size} from ${file.url}`);
  const broken = (why: string) =>
    new BrokenOff(
      `the download of ${file.name} from ${file.url} broke off after ${received} bytes (${why}): ${remedy(file)}`,
    );
  const reader = response.body.getReader();
  let reported = received;
  for (;;) {
    const { done, value } = await reader.read().catch((error) => {
      throw broken(reason(error));
    });
    if (done) break;
    received += value.length;
    if (received > most) {
      await reader.cancel();
      await onDisk(path, () => handle.truncate(0));
      throw new InputError(
        `${file.url} has more than the ${most} bytes that it should have: ${remedy(file)}`,
      );
    }
    await onDisk(path, () => handle.appendFile(value));
    if (received - reported >= REPORT_EVERY) {
      reported = received;
      report?.(`${file.name}: ${megabytes(received)}${total ? ` of ${megabytes(total)}` : ''}`);
    }
  }
  if (total !== undefined && received < total) throw broken('it ended too early');
}

/** Whether a partial answer begins at byte `from`. */
function continues(response: Response, from: number): boolean {
  return response.headers.get('content-range')?.startsWith(`bytes ${from}-`) ?? false;
}

async function md5Of(path: string): Promise<string> {
  const hash = createHash('md5');
  for await (const chunk of createReadStream(path)) hash.update(chunk);
  return hash.digest('hex');
}

function remedy(file: DataFile): string {
  return `try again, or get ${file.name} by other means and name its folder with --data-dir`;
}

/** The shortest true account of a failed fetch: undici hides the system's error code in `cause`. */
function reason(error: unknown): string {
  const { cause, message } = error as Error & { cause?: { code?: string; message?: string } };
  return cause?.code ?? cause?.message ?? message;
}

/** Runs a step that writes below the cache folder, so that a full or forbidden disk is told in one line. */
async function onDisk<T>(path: string, step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new InputError(
      `cannot write ${path} (${code ?? message}); name a writable cache folder with EBMM_CACHE`,
    );
  }
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
