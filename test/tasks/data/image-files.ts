/** @file Small files in the official formats of MNIST and CIFAR-10, and a table of data sets that has them. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { stream } from '../../../src/random.ts';
import type { DataSet } from '../../../tasks/data/sets.ts';
import { DATA_SETS } from '../../../tasks/data/sets.ts';
import { md5, temporaryFolder } from './archives.ts';

export function randomBytes(name: string, length: number): Uint8Array {
  const random = stream('bytes', name);
  return Uint8Array.from({ length }, () => random.integer(256));
}

/** An idx3-ubyte.gz file of these pixels, [count, height, width]. */
export function idx(pixels: Uint8Array, [count, height, width]: number[], magic = 2051): Uint8Array {
  const header = Buffer.alloc(16);
  [magic, count, height, width].forEach((n, i) => {
    header.writeUInt32BE(n, 4 * i);
  });
  return gzipSync(Buffer.concat([header, pixels]));
}

/** A CIFAR-10 batch whose image n has label n % 10 and random planes. */
export function batch(name: string, count: number): Uint8Array {
  const bytes = randomBytes(name, 3073 * count);
  for (let n = 0; n < count; n++) bytes[3073 * n] = n % 10;
  return bytes;
}

/** A gzipped tar archive (ustar) with a folder and files in it. */
export function tarGz(folder: string, files: Record<string, Uint8Array>): Uint8Array {
  const blocks = [header(`${folder}/`, 0, '5')];
  for (const [name, content] of Object.entries(files)) {
    const padding = Buffer.alloc((512 - (content.length % 512)) % 512);
    blocks.push(header(`${folder}/${name}`, content.length, '0'), Buffer.from(content), padding);
  }
  return gzipSync(Buffer.concat([...blocks, Buffer.alloc(1024)]));
}

function header(name: string, size: number, kind: string): Buffer {
  const block = Buffer.alloc(512);
  block.write(name, 0);
  block.write('0000644\0', 100);
  block.write(`${size.toString(8).padStart(11, '0')}\0`, 124);
  block.write('        ', 148);
  block.write(kind, 156);
  block.write('ustar\0', 257);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}

/** The project's table with the checksums of these files instead of the official ones. */
export function tableWith(files: Record<string, Uint8Array>): DataSet[] {
  return DATA_SETS.map((set) => ({
    ...set,
    files: set.files.map((file) => {
      const content = files[file.name];
      return content ? { ...file, md5: md5(content), bytes: content.length } : file;
    }),
  }));
}

/** A temporary folder with files at these paths. */
export function folderOf(files: Record<string, Uint8Array>): string {
  const folder = temporaryFolder();
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
  return folder;
}
