/** @file Reads a zip archive held in memory, and refuses one that is damaged or made to do harm. */
import { crc32, inflateRawSync } from 'node:zlib';
import { InputError } from '../../src/errors.ts';
import { checkPath } from './archive.ts';

/** No image of the data sets comes near this size in bytes; a zip bomb does. */
const LARGEST_ENTRY = 1_000_000;
/** All entries together; those of the largest Omniglot archive come to a twentieth. */
const LARGEST_TOTAL = 200_000_000;

const END = 0x06054b50;
const CENTRAL = 0x02014b50;
const LOCAL = 0x04034b50;
const END_LENGTH = 22;
const STORED = 0;
const DEFLATED = 8;

/**
 * The entries of an archive whose name ends in `suffix`, as [path, bytes], sorted by path. `label` names the archive
 * in messages. Throws InputError when the archive is truncated or corrupt, when an entry is too large or not as large as
 * the archive says, or when any has an absolute or parent path.
 * Format: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
 */
export function readZip(
  label: string,
  archive: Uint8Array,
  suffix: string,
  largestTotal = LARGEST_TOTAL,
): [string, Uint8Array][] {
  const file = Buffer.from(archive.buffer, archive.byteOffset, archive.byteLength);
  const damaged = (what: string) =>
    new InputError(`${label} is not a whole zip archive (${what}); get the file again`);
  // A comment of up to 64 KiB may follow the record that ends the archive.
  const end = file.lastIndexOf(Buffer.from([0x50, 0x4b, 0x05, 0x06]));
  if (end < 0 || end + END_LENGTH > file.length || file.readUInt32LE(end) !== END) {
    throw damaged('it has no end');
  }
  const count = file.readUInt16LE(end + 10);
  const entries: [string, Uint8Array][] = [];
  let total = 0;
  let at = file.readUInt32LE(end + 16);
  for (let i = 0; i < count; i++) {
    if (at + 46 > end || file.readUInt32LE(at) !== CENTRAL) throw damaged(`bad entry ${i + 1} of ${count}`);
    const [method, crc, packed, size] = [
      file.readUInt16LE(at + 10),
      file.readUInt32LE(at + 16),
      file.readUInt32LE(at + 20),
      file.readUInt32LE(at + 24),
    ];
    const [nameLength, extra, comment] = [28, 30, 32].map((offset) => file.readUInt16LE(at + offset));
    const start = file.readUInt32LE(at + 42);
    const name = file.toString('utf8', at + 46, at + 46 + nameLength);
    at += 46 + nameLength + extra + comment;
    checkPath(label, name);
    if (!name.endsWith(suffix)) continue;
    const entry = `entry ${JSON.stringify(name)}`;
    total += size;
    if (size > LARGEST_ENTRY) throw new InputError(`${label}: ${entry} is too large (${size} bytes)`);
    if (total > largestTotal) {
      throw new InputError(`${label}: its entries are too large together (over ${largestTotal} bytes)`);
    }
    if (start + 30 > file.length || file.readUInt32LE(start) !== LOCAL) throw damaged(`${entry} is missing`);
    const from = start + 30 + file.readUInt16LE(start + 26) + file.readUInt16LE(start + 28);
    if (from + packed > end) throw damaged(`${entry} is cut off`);
    const bytes = unpack(file.subarray(from, from + packed), method, size);
    if (bytes?.length !== size || crc32(bytes) !== crc) {
      throw damaged(`${entry} is not the ${size} bytes that it should be`);
    }
    entries.push([name, bytes]);
  }
  return entries.sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Undefined when it cannot be unpacked to at most `size` bytes. */
function unpack(packed: Buffer, method: number, size: number): Uint8Array | undefined {
  if (method === STORED) return packed;
  if (method !== DEFLATED) return undefined;
  try {
    return inflateRawSync(packed, { maxOutputLength: Math.max(1, size) });
  } catch {
    return undefined;
  }
}
