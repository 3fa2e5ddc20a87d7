/** @file Downloads one file: to a temporary name, verified, then renamed, so that a half file never looks whole. */
import { createHash, randomUUID } from 'node:crypto';
import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { InputError } from '../../src/errors.ts';
import type { DataFile } from './sets.ts';
import type { DataSource } from './source.ts';

/** How often a long download reports, in bytes. */
const REPORT_EVERY = 5_000_000;

/**
 * Downloads `file` to `path`, replacing what is there. Throws InputError when the network, the server, the checksum or
 * the disk fails; nothing is then left behind.
 */
export async function download(file: DataFile, path: string, source: DataSource): Promise<void> {
  const temporary = `${path}.${randomUUID()}.part`;
  const handle = await onDisk(path, async () => {
    await mkdir(dirname(path), { recursive: true });
    return open(temporary, 'wx');
  });
  try {
    const md5 = await receive(file, handle, path, source);
    if (md5 !== file.md5) {
      throw new InputError(
        `${file.name} as downloaded from ${file.url} has MD5 ${md5}, expected ${file.md5}; nothing was kept: ${remedy(file)}`,
      );
    }
    await onDisk(path, () => rename(temporary, path));
  } finally {
    await handle.close().catch(() => {});
    // after the rename there is nothing of this name to remove
    await rm(temporary, { force: true });
  }
}

/** Writes the body of the file's URL to `handle` and gives its MD5. Closes the handle when all is written. */
async function receive(
  file: DataFile,
  handle: FileHandle,
  path: string,
  source: DataSource,
): Promise<string> {
  const { fetch = globalThis.fetch, report } = source;
  const response = await fetch(file.url).catch((error) => {
    throw new InputError(`cannot download ${file.name} from ${file.url} (${reason(error)}): ${remedy(file)}`);
  });
  if (!response.ok || !response.body) {
    await response.body?.cancel();
    const answer = `${response.status} ${response.statusText}`.trim();
    throw new InputError(
      `cannot download ${file.name}: ${file.url} answered HTTP ${answer}: ${remedy(file)}`,
    );
  }
  const total = Number(response.headers.get('content-length')) || file.bytes;
  report?.(`downloading ${file.name}${total ? ` (${megabytes(total)})` : ''} from ${file.url}`);
  const hash = createHash('md5');
  const reader = response.body.getReader();
  let received = 0;
  let reported = 0;
  for (;;) {
    const { done, value } = await reader.read().catch((error) => {
      throw new InputError(
        `the download of ${file.name} from ${file.url} broke off after ${received} bytes (${reason(error)}): ${remedy(file)}`,
      );
    });
    if (done) break;
    hash.update(value);
    await onDisk(path, () => handle.appendFile(value));
    received += value.length;
    if (received - reported >= REPORT_EVERY) {
      reported = received;
      report?.(`${file.name}: ${megabytes(received)}${total ? ` of ${megabytes(total)}` : ''}`);
    }
  }
  await onDisk(path, () => handle.close());
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
