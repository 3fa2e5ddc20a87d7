/** @file The bytes of a file on disk: all in memory where it is small, else read where and when they are wanted. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { InputError } from '../../src/errors.ts';
import { type Bytes, bytesOf } from './bytes.ts';

/** Files up to this size are kept in memory. */
const KEPT = 256 * 2 ** 20;

/** Bytes that a compressed file may become: it is unpacked in memory. */
const UNPACKED = 2 ** 31;

export const isGzip = (head: Uint8Array) => head[0] === 0x1f && head[1] === 0x8b;

/** What a file compressed with gzip holds. @throws InputError where it is not whole, or too much */
export function gunzipped(label: string, bytes: Bytes): Bytes {
  try {
    return bytesOf(gunzipSync(bytes.at(0, bytes.length), { maxOutputLength: UNPACKED }));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const why =
      code === 'ERR_BUFFER_TOO_LARGE'
        ? `unpacks to more than ${UNPACKED} bytes; unpack it to a file`
        : `not a whole gzip file (${message})`;
    throw new InputError(`${label}: ${why}`);
  }
}

/** All that comes from a pipe (`<(command)`, /dev/stdin); undefined where that is more than `most` bytes. */
function untilEnd(descriptor: number, most: number): Uint8Array | undefined {
  const parts: Uint8Array[] = [];
  for (let length = 0; length <= most; ) {
    const part = new Uint8Array(65536);
    const got = readSync(descriptor, part, 0, part.length, null);
    if (got === 0) return new Uint8Array(Buffer.concat(parts));
    parts.push(part.subarray(0, got));
    length += got;
  }
  return undefined;
}

/** @throws InputError where the file cannot be read */
export function openBytes(file: string, kept = KEPT): Bytes {
  const failed = (error: unknown): never => {
    const { code } = error as NodeJS.ErrnoException;
    throw new InputError(`${file}: ${code === 'ENOENT' ? 'no such file' : `cannot be read (${code})`}`);
  };
  let descriptor: number;
  try {
    descriptor = openSync(file, 'r');
  } catch (error) {
    return failed(error);
  }
  const read = (into: Uint8Array, from: number) => {
    for (let done = 0; done < into.length; ) {
      const got = readSync(descriptor, into, done, into.length - done, from + done);
      if (got === 0) throw new InputError(`${file}: became shorter while it was read`);
      done += got;
    }
    return into;
  };
  try {
    const status = fstatSync(descriptor);
    if (status.isDirectory()) throw Object.assign(new Error(), { code: 'EISDIR' });
    if (!status.isFile()) {
      const all = untilEnd(descriptor, kept);
      closeSync(descriptor);
      if (!all)
        throw new InputError(`${file}: more than ${kept} bytes from a pipe or device; write them to a file`);
      return bytesOf(all);
    }
    const { size } = status;
    if (size <= kept) {
      const all = read(new Uint8Array(size), 0);
      closeSync(descriptor);
      return bytesOf(all);
    }
    let buffer = new Uint8Array(0);
    return {
      length: size,
      at(from, length) {
        const wanted = Math.max(0, Math.min(length, size - from));
        if (buffer.length < wanted) buffer = new Uint8Array(wanted);
        return read(buffer.subarray(0, wanted), from);
      },
    };
  } catch (error) {
    if (error instanceof InputError) throw error;
    return failed(error);
  }
}
