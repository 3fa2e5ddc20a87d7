/** @file Reads a zip archive held in memory, and refuses one that is damaged or made to do harm. */
import { unzipSync } from 'fflate';
import { InputError } from '../../src/errors.ts';

/** No image of the data sets comes near this size in bytes; a zip bomb does. */
const LARGEST_ENTRY = 1_000_000;

/**
 * The entries of an archive whose name ends in `suffix`, as [path, bytes], sorted by path. `label` names the archive
 * in messages. Throws InputError when the archive is truncated or corrupt, or has an entry that is too large, or an
 * absolute or parent path anywhere (nothing is extracted to disk, but such an archive is not what it claims to be).
 */
export function readZip(label: string, archive: Uint8Array, suffix: string): [string, Uint8Array][] {
  let entries: Record<string, Uint8Array>;
  try {
    entries = unzipSync(archive, {
      filter({ name, originalSize }) {
        if (/^([/\\]|[a-z]:)/i.test(name) || name.split(/[/\\]/).includes('..')) {
          throw new InputError(`${label}: entry ${JSON.stringify(name)} has an absolute or parent path`);
        }
        if (!name.endsWith(suffix)) return false;
        if (originalSize > LARGEST_ENTRY) {
          throw new InputError(
            `${label}: entry ${JSON.stringify(name)} is too large (${originalSize} bytes)`,
          );
        }
        return true;
      },
    });
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw new InputError(
      `${label} is not a whole zip archive (${(error as Error).message}); get the file again`,
    );
  }
  return Object.entries(entries).sort(([a], [b]) => (a < b ? -1 : 1));
}
