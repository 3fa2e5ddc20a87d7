/** @file What every archive must keep to: paths that stay where they are put, and sizes that are what they say. */
import { gunzipSync } from 'node:zlib';
import { InputError } from '../../src/errors.ts';

/**
 * Nothing is extracted to disk, but an archive with such a path is not what it claims to be.
 * @throws InputError naming the archive and an entry with an absolute or parent path
 */
export function checkPath(label: string, path: string): void {
  if (/^([/\\]|[a-z]:)/i.test(path) || path.split(/[/\\]/).includes('..')) {
    throw new InputError(`${label}: entry ${JSON.stringify(path)} has an absolute or parent path`);
  }
}

/**
 * @param largest bytes that it may become
 * @param kind for messages: "gzip file"
 * @throws InputError when it is not whole, or larger
 */
export function gunzip(label: string, bytes: Uint8Array, largest: number, kind: string): Buffer {
  try {
    return gunzipSync(bytes, { maxOutputLength: largest });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ERR_BUFFER_TOO_LARGE') {
      throw new InputError(`${label} unpacks to more than ${largest} bytes, which no official file does`);
    }
    throw new InputError(`${label} is not a whole ${kind} (${message}); get the file again`);
  }
}
