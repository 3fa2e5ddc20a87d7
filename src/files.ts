/** @file Files that are whole or absent: written beside their place, then renamed into it; and what went wrong, in words. */
import { randomBytes } from 'node:crypto';
import { constants, existsSync } from 'node:fs';
import { access, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

/**
 * Writes a file so that whoever opens `path`, even after a crash, finds the old contents or the new, never a part. A
 * process that is killed may leave a file `path.*.partial` behind.
 */
export async function writeFileAtomically(path: string, contents: Uint8Array | string): Promise<void> {
  const temporary = `${path}.${randomBytes(4).toString('hex')}.partial`;
  await onFile(path, async () => {
    await mkdir(dirname(path), { recursive: true });
    try {
      const file = await open(temporary, 'w');
      try {
        await file.writeFile(contents);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(temporary, path);
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
  });
}

/** A step on a file failed for a reason outside the program. `message` is one line. */
export class FileError extends Error {
  override name = 'FileError';
}

const REASONS: Record<string, string> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EROFS: 'the file system is read-only',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  ENOTDIR: 'part of its path is a file',
  EEXIST: 'part of its path is a file',
  EISDIR: 'it is a folder',
  EFBIG: 'the file would be too large',
  EIO: 'the disk failed',
};

/**
 * Runs a step that writes `path`.
 * @throws FileError naming the path and the reason when the system refuses it
 */
export async function onFile<T>(path: string, step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    const given = (error as NodeJS.ErrnoException).code;
    if (!given) throw error;
    const code = given === 'ENOENT' ? await refusalAbove(path) : given;
    const reason = REASONS[code];
    throw new FileError(`cannot write ${path}: ${reason ? `${reason} (${code})` : code}`, { cause: error });
  }
}

/** Node's recursive mkdir says ENOENT of a folder that it may not make; what the nearest folder above it says. */
async function refusalAbove(path: string): Promise<string> {
  let at = resolve(path);
  while (!existsSync(at) && dirname(at) !== at) at = dirname(at);
  return access(at, constants.W_OK).then(
    () => 'ENOENT',
    (error: NodeJS.ErrnoException) => error.code ?? 'ENOENT',
  );
}
