/**
 * @file A run folder as bytes that travel through Redis: in chunks, each a blob with a checksum, and as a whole with SHA-256. What comes is
 * unpacked only beside its place, and only to plain file names below it.
 */
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { crc32 } from 'node:zlib';
import { z } from 'zod';
import { InputError } from '../../src/errors.ts';
import { BadBlob } from './blob.ts';
import type { Redis } from './redis.ts';

/** Bytes of a chunk, of a whole archive, and files in one. */
export const CHUNK = 2 ** 22;
export const LARGEST = 2 ** 30;
const MOST_FILES = 2000;
/** Milliseconds that an archive waits in Redis to be fetched. */
export const KEPT = 86_400_000;

/** Names below the folder: none hidden, none that leads elsewhere. */
const path = z
  .string()
  .max(300)
  .regex(/^[^\p{C}\\/:.][^\p{C}\\/:]*(\/[^\p{C}\\/:.][^\p{C}\\/:]*){0,7}$/u)
  .refine((name) => !name.split('/').some((part) => /\.\.|\.partial$/.test(part) || part === 'lock'));

export const archiveSchema = z.strictObject({
  bytes: z.int().min(0).max(LARGEST),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  files: z.array(z.strictObject({ path, bytes: z.int().min(0).max(LARGEST) })).max(MOST_FILES),
});
export type Archive = z.output<typeof archiveSchema>;

const chunkKey = (key: string, n: number) => `${key}:${n}`;
const chunksOf = ({ bytes }: Archive) => Math.ceil(bytes / CHUNK);

/** All plain files of a run folder, but for locks and what is half-written. @throws InputError when they are too large to travel */
export async function pack(folder: string): Promise<{ archive: Archive; data: Buffer }> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const names = entries
    .filter((entry) => entry.isFile())
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(folder.length + 1)
        .split(sep)
        .join('/'),
    )
    .filter((name) => path.safeParse(name).success)
    .sort();
  if (names.length > MOST_FILES)
    throw new InputError(`${folder} has ${names.length} files, expected at most ${MOST_FILES}`);
  let sum = 0;
  for (const name of names) sum += (await stat(join(folder, name))).size;
  if (sum > LARGEST) throw new InputError(`${folder} has ${sum} bytes, expected at most ${LARGEST}`);
  const contents = await Promise.all(names.map((name) => readFile(join(folder, name))));
  const data = Buffer.concat(contents);
  return {
    data,
    archive: {
      bytes: data.length,
      sha256: createHash('sha256').update(data).digest('hex'),
      files: names.map((name, i) => ({ path: name, bytes: contents[i].length })),
    },
  };
}

/** Writes the files of an archive below a folder that nobody else writes to. @throws BadBlob when they are not what it says */
export async function unpack({ files, sha256, bytes }: Archive, data: Buffer, folder: string): Promise<void> {
  if (data.length !== bytes || files.reduce((sum, file) => sum + file.bytes, 0) !== bytes)
    throw new BadBlob('its files are not as long as it says');
  if (createHash('sha256').update(data).digest('hex') !== sha256)
    throw new BadBlob('its checksum does not fit');
  if (new Set(files.map((file) => file.path)).size < files.length) throw new BadBlob('two files of one name');
  let at = 0;
  for (const file of files) {
    const place = join(folder, file.path);
    await mkdir(dirname(place), { recursive: true });
    await writeFile(place, data.subarray(at, at + file.bytes), { flag: 'wx' });
    at += file.bytes;
  }
}

export async function send(redis: Redis, key: string, data: Buffer): Promise<void> {
  for (let n = 0; n * CHUNK < data.length; n++) {
    const chunk = data.subarray(n * CHUNK, (n + 1) * CHUNK);
    const head = Buffer.alloc(4);
    head.writeUInt32LE(crc32(chunk));
    await redis.set(chunkKey(key, n), Buffer.concat([head, chunk]), 'PX', KEPT);
  }
}

/** @throws BadBlob when a chunk is missing, longer than it may be, or damaged */
export async function receive(redis: Redis, key: string, archive: Archive): Promise<Buffer> {
  const parts: Buffer[] = [];
  for (let n = 0; n < chunksOf(archive); n++) {
    const bytes = await redis.getrangeBuffer(chunkKey(key, n), 0, CHUNK + 4);
    const expected = Math.min(CHUNK, archive.bytes - n * CHUNK) + 4;
    if (bytes.length !== expected)
      throw new BadBlob(`chunk ${n + 1} has ${bytes.length} bytes, expected ${expected}`);
    if (crc32(bytes.subarray(4)) !== bytes.readUInt32LE(0)) throw new BadBlob(`chunk ${n + 1} is damaged`);
    parts.push(bytes.subarray(4));
  }
  return Buffer.concat(parts);
}

export async function forget(redis: Redis, key: string, archive: Archive): Promise<void> {
  const keys = Array.from({ length: chunksOf(archive) }, (_, n) => chunkKey(key, n));
  if (keys.length > 0) await redis.unlink(...keys);
}
