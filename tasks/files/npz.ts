/** @file NumPy's .npz: a ZIP archive (ZIP64 where it is large) of .npy files, stored or deflated. */
import { crc32, inflateRawSync } from 'node:zlib';
import { InputError } from '../../src/errors.ts';
import { arrayPatterns } from './array.ts';
import { type Bytes, bytesOf, partOf } from './bytes.ts';
import { chosen, shownName } from './named.ts';
import { npyHeader } from './npy.ts';
import type { Patterns } from './patterns.ts';

/** Bytes that a deflated array may become: it is unpacked in memory. */
const LARGEST = 2 ** 31;

interface Entry {
  name: string;
  method: number;
  crc: number;
  packed: number;
  size: number;
  /** Of its local header. */
  at: number;
}

/** @throws InputError where it is no whole archive, or has no such array of numbers */
export function npzPatterns(label: string, bytes: Bytes, asked: string | undefined): Patterns {
  const entries = arraysOf(label, bytes);
  // The only one, or one that is named, need not be looked for by its shape.
  const known =
    asked === undefined && entries.length > 1
      ? entries.map((entry) => ({ ...entry, shape: shapeOf(label, bytes, entry) }))
      : entries;
  const { name } = chosen(label, known, asked);
  const at = `${label}#${shownName(name)}`;
  const content = contentOf(at, bytes, entries.find((entry) => entry.name === name)!);
  return arrayPatterns(npyHeader(at, content), content);
}

/**
 * All values of one array in C order, whatever axes it has; undefined where there is no array of that name.
 * @throws InputError likewise
 */
export function npzArray(label: string, bytes: Bytes, name: string) {
  const entry = arraysOf(label, bytes).find((each) => each.name === name);
  if (!entry) return undefined;
  const at = `${label}#${shownName(name)}`;
  const content = contentOf(at, bytes, entry);
  const header = npyHeader(at, content);
  // As the only pattern of a file of patterns; a number is a row of one.
  const shape = [1, ...(header.shape.length > 0 ? header.shape : [1])];
  return { shape: header.shape, values: arrayPatterns({ ...header, shape }, content).read(0) };
}

/** Names and shapes of the arrays. @throws InputError likewise */
export const npzNames = (label: string, bytes: Bytes) =>
  arraysOf(label, bytes).map((entry) => ({ name: entry.name, shape: shapeOf(label, bytes, entry) }));

function arraysOf(label: string, bytes: Bytes): Entry[] {
  const entries = directoryOf(label, bytes).filter(({ name }) => name.endsWith('.npy'));
  if (entries.length === 0)
    throw new InputError(`${label}: a ZIP archive without arrays of NumPy (.npy); unpack it first`);
  return entries.map((entry) => ({ ...entry, name: entry.name.slice(0, -'.npy'.length) }));
}

/** Of its header, which its first bytes have; undefined where they cannot be read as such. */
function shapeOf(label: string, bytes: Bytes, entry: Entry): number[] | undefined {
  try {
    return npyHeader(label, contentOf(label, bytes, entry, 4096)).shape;
  } catch {
    return undefined;
  }
}

/** @param first only so many bytes, unchecked */
function contentOf(label: string, bytes: Bytes, entry: Entry, first?: number): Bytes {
  const damaged = (what: string) =>
    new InputError(`${label}: not a whole archive (${what}); get the file again`);
  const local = bytes.at(entry.at, 30).slice();
  const head = new DataView(local.buffer);
  if (local.length < 30 || head.getUint32(0, true) !== 0x04034b50)
    throw damaged('the array is not in its place');
  const start = entry.at + 30 + head.getUint16(26, true) + head.getUint16(28, true);
  if (start + entry.packed > bytes.length) throw damaged('it is cut off');
  if (entry.method === 0) {
    const part = partOf(bytes, start, entry.packed);
    if (first !== undefined) return part;
    let sum = 0;
    for (let at = 0; at < part.length; at += CHUNK) sum = crc32(part.at(at, CHUNK), sum);
    if (sum !== entry.crc) throw damaged('its checksum is wrong');
    return part;
  }
  if (entry.method !== 8) throw damaged(`it is packed by method ${entry.method}, expected none or deflate`);
  if (first !== undefined) {
    const packed = bytes.at(start, Math.min(entry.packed, first));
    return bytesOf(inflateRawSync(packed, { finishFlush: 2 /* Z_SYNC_FLUSH: as far as it goes */ }));
  }
  if (entry.size > LARGEST)
    throw new InputError(`${label}: unpacks to ${entry.size} bytes; store it with numpy.save instead`);
  let content: Uint8Array;
  try {
    content = inflateRawSync(bytes.at(start, entry.packed), { maxOutputLength: entry.size || 1 });
  } catch {
    throw damaged('it cannot be unpacked');
  }
  if (content.length !== entry.size || crc32(content) !== entry.crc) throw damaged('its checksum is wrong');
  return bytesOf(content);
}

/** Bytes read at once. */
const CHUNK = 2 ** 24;

/** The entries of the archive's end (https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT, 4.3.12 to 4.3.16). */
function directoryOf(label: string, bytes: Bytes): Entry[] {
  const damaged = (what: string) =>
    new InputError(`${label}: not a whole archive (${what}); get the file again`);
  // A comment of up to 64 KiB may follow the record that ends the archive.
  const from = Math.max(0, bytes.length - 22 - 2 ** 16);
  const tail = Buffer.from(bytes.at(from, bytes.length - from));
  const end = tail.lastIndexOf(Buffer.from([0x50, 0x4b, 0x05, 0x06]));
  if (end < 0 || end + 22 > tail.length) throw damaged('it has no end');
  let [count, size, at] = [
    tail.readUInt16LE(end + 10),
    tail.readUInt32LE(end + 12),
    tail.readUInt32LE(end + 16),
  ];
  if (end >= 20 && tail.readUInt32LE(end - 20) === 0x07064b50) {
    const record = Buffer.from(bytes.at(Number(tail.readBigUInt64LE(end - 12)), 56));
    if (record.length < 56 || record.readUInt32LE(0) !== 0x06064b50) throw damaged('its end is damaged');
    [count, size, at] = [32, 40, 48].map((offset) => Number(record.readBigUInt64LE(offset)));
  }
  if (at + size > bytes.length) throw damaged('its list of files is cut off');
  const list = Buffer.from(bytes.at(at, size));
  const entries: Entry[] = [];
  for (let i = 0, p = 0; i < count; i++) {
    if (p + 46 > list.length || list.readUInt32LE(p) !== 0x02014b50)
      throw damaged(`bad entry ${i + 1} of ${count}`);
    const [nameLength, extraLength, comment] = [28, 30, 32].map((offset) => list.readUInt16LE(p + offset));
    const name = list.toString('utf8', p + 46, p + 46 + nameLength);
    const entry: Entry = {
      name,
      method: list.readUInt16LE(p + 10),
      crc: list.readUInt32LE(p + 16),
      packed: list.readUInt32LE(p + 20),
      size: list.readUInt32LE(p + 24),
      at: list.readUInt32LE(p + 42),
    };
    wide(entry, list.subarray(p + 46 + nameLength, p + 46 + nameLength + extraLength));
    entries.push(entry);
    p += 46 + nameLength + extraLength + comment;
  }
  return entries;
}

/** Sizes and places that do not fit into 32 bits stand in an extra field, in this order. */
function wide(entry: Entry, extra: Buffer): void {
  for (let p = 0; p + 4 <= extra.length; p += 4 + extra.readUInt16LE(p + 2)) {
    if (extra.readUInt16LE(p) !== 1) continue;
    let at = p + 4;
    for (const key of ['size', 'packed', 'at'] as const) {
      if (entry[key] !== 0xffffffff || at + 8 > extra.length) continue;
      entry[key] = Number(extra.readBigUInt64LE(at));
      at += 8;
    }
  }
}
