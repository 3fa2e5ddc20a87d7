/** @file Keeps decoded drawings as one file in the cache, so that only the first start has to decode. */
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { DECODING_VERSION, type Drawings, SMALL } from './drawings.ts';
import type { DataSource } from './source.ts';

/** The file is one line of JSON, then the drawings at 8 pixels a byte. */
const header = z.object({
  alphabets: z.array(z.object({ name: z.string(), drawings: z.int(), archives: z.array(z.string()) })),
  /** MD5 of what follows the line. */
  md5: z.string(),
});

/**
 * The drawings decoded from archives of these checksums: from the cache, else by `decode`, whose result is then kept.
 * A damaged cache file is replaced; a cache that cannot be written is reported and does without.
 */
export async function decodedDrawings(
  checksums: string[],
  source: DataSource,
  decode: () => Drawings,
): Promise<Drawings> {
  const key = md5(JSON.stringify([DECODING_VERSION, [...checksums].sort()])).slice(0, 16);
  const path = join(source.cache, 'omniglot', `decoded-${key}.bin`);
  const kept = await readFile(path)
    .then(unpack)
    .catch(() => undefined);
  if (kept) return kept;
  const drawings = decode();
  const temporary = `${path}.${randomUUID()}.part`;
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(temporary, pack(drawings));
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    source.report?.(`could not keep the decoded drawings in ${path} (${(error as Error).message})`);
  }
  return drawings;
}

function pack({ alphabets, bits }: Drawings): Buffer {
  const packed = new Uint8Array(bits.length / 8);
  bits.forEach((bit, i) => {
    packed[i >> 3] |= bit << (i & 7);
  });
  const line = JSON.stringify({ alphabets, md5: md5(packed) } satisfies z.infer<typeof header>);
  return Buffer.concat([Buffer.from(`${line}\n`), packed]);
}

/** Throws when the file is not whole. */
function unpack(file: Buffer): Drawings {
  const end = file.indexOf('\n');
  const { alphabets, md5: expected } = header.parse(JSON.parse(file.toString('utf8', 0, end)));
  const packed = file.subarray(end + 1);
  const bits = new Uint8Array(packed.length * 8);
  for (let i = 0; i < bits.length; i++) bits[i] = (packed[i >> 3] >> (i & 7)) & 1;
  const drawings = alphabets.reduce((sum, alphabet) => sum + alphabet.drawings, 0);
  if (md5(packed) !== expected || bits.length !== drawings * SMALL * SMALL) throw new Error('damaged');
  return { alphabets, bits };
}

function md5(bytes: string | Uint8Array): string {
  return createHash('md5').update(bytes).digest('hex');
}
