/** @file Files that are whole or absent: written beside their place, then renamed into it; and what went wrong, in words. */
import { randomBytes } from 'node:crypto';
import { constants, existsSync } from 'node:fs';
import {
  access,
  lstat,
  mkdir,
  open,
  readlink,
  realpath,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

/**
 * Writes a file so that whoever opens `path`, even after a crash, finds the old contents or the new, never a part. A
 * process that is killed may leave a file `path.*.partial` behind. Through a link, what it points to is written; into a
 * pipe or a device, straight.
 */
export async function writeFileAtomically(path: string, contents: Uint8Array | string): Promise<void> {
  await onFile(path, async () => {
    const target = await targetOf(path);
    const there = await stat(target).catch(() => undefined);
    if (there?.isDirectory()) throw Object.assign(new Error(), { code: 'EISDIR' });
    if (there && !there.isFile()) return writeFile(target, contents);
    const temporary = `${target}.${randomBytes(4).toString('hex')}.partial`;
    await mkdir(dirname(target), { recursive: true });
    try {
      const file = await open(temporary, 'w');
      try {
        await file.writeFile(contents);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(temporary, target);
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
  });
}

/** Where a path leads: its links followed, also one to a file that is not there yet. */
async function targetOf(path: string): Promise<string> {
  const link = await lstat(path).catch(() => undefined);
  if (!link?.isSymbolicLink()) return path;
  // A link to a pipe that a shell holds open leads to no path.
  const end = await stat(path).catch(() => undefined);
  if (end && !end.isFile()) return path;
  return realpath(path).catch(async () => resolve(dirname(path), await readlink(path)));
}

/**
 * Finds out, before anything is computed, whether a file could be written; writes nothing.
 * @throws FileError when the system would refuse it
 */
export async function checkWritable(path: string): Promise<void> {
  await onFile(path, async () => {
    const target = await targetOf(path);
    const there = await stat(target).catch((error) => {
      if (error.code !== 'ENOENT') throw error;
      return undefined;
    });
    if (there?.isDirectory()) throw Object.assign(new Error(), { code: 'EISDIR' });
    if (there && !there.isFile()) return access(target, constants.W_OK);
    let folder = dirname(resolve(target));
    while (!existsSync(folder) && dirname(folder) !== folder) folder = dirname(folder);
    if (!(await stat(folder)).isDirectory()) throw Object.assign(new Error(), { code: 'ENOTDIR' });
    await access(folder, constants.W_OK | constants.X_OK);
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
  ENAMETOOLONG: 'its name is too long',
  ELOOP: 'its links lead in a circle',
};

/** What a code of the system says, in words: "the disk is full (ENOSPC)". */
export const reasonOf = (code: string) => (REASONS[code] ? `${REASONS[code]} (${code})` : code);

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
    throw new FileError(`cannot write ${path}: ${reasonOf(code)}`, { cause: error });
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
