/** @file Reads a gzipped tar archive (POSIX ustar) held in memory; nothing is extracted to disk. */
import { InputError } from '../../src/errors.ts';
import { checkPath, gunzip } from './archive.ts';

const BLOCK = 512;
/** Bytes unpacked; CIFAR-10 has 184 million. */
const LARGEST = 400_000_000;

/**
 * The regular files of an archive by their paths. `label` names the archive in messages. Throws InputError when it is
 * truncated or not such an archive, too large, or has an absolute or parent path.
 */
export function readTarGz(label: string, archive: Uint8Array): Map<string, Uint8Array> {
  const damaged = (what: string) =>
    new InputError(`${label} is not a whole tar.gz archive (${what}); get the file again`);
  const tar = gunzip(label, archive, LARGEST, 'tar.gz archive');
  const files = new Map<string, Uint8Array>();
  for (let at = 0; at + BLOCK <= tar.length && tar[at] !== 0; ) {
    const header = tar.subarray(at, at + BLOCK);
    const text = (from: number, to: number) => {
      const field = header.toString('latin1', from, to);
      return field.split('\0')[0];
    };
    // The checksum is the sum of the header's bytes with its own eight counted as spaces.
    const sum = header.reduce((total, byte, i) => total + (i >= 148 && i < 156 ? 32 : byte), 0);
    if (sum !== Number.parseInt(text(148, 156), 8)) throw damaged(`bad header at byte ${at}`);
    const size = Number.parseInt(text(124, 136), 8);
    const [start, end] = [at + BLOCK, at + BLOCK + size];
    if (!(end <= tar.length)) throw damaged(`it ends within ${text(0, 100)}`);
    checkPath(label, text(0, 100));
    const kind = text(156, 157);
    if (kind === '' || kind === '0') files.set(text(0, 100), tar.subarray(start, end));
    at = start + Math.ceil(size / BLOCK) * BLOCK;
  }
  return files;
}
