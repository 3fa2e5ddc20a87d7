/** @file One process at a time writes into a run folder: whoever holds the lease `lock` in it. */
import { join } from 'node:path';
import { InputError } from '../src/errors.ts';
import { type Holder, type Lease, type LeaseOptions, LeaseWatch, takeLease } from './lease.ts';

export const lockPath = (folder: string) => join(folder, 'lock');

/**
 * Takes a run folder for this process.
 * @param say told one line when a holder must be watched, to see whether it still lives
 * @throws InputError when another process has it
 */
export async function lockRun(
  folder: string,
  say: (line: string) => void = () => {},
  options: Pick<LeaseOptions, 'every' | 'dead'> = {},
): Promise<Lease> {
  const taken = await takeLease(lockPath(folder), {
    ...options,
    waiting: (holder, seconds) =>
      say(`${folder} may be in use by ${nameOf(holder)}: watching it for up to ${Math.ceil(seconds)} s`),
  });
  if ('heldBy' in taken) throw new InputError(`${folder} is in use by ${nameOf(taken.heldBy)}`);
  return taken;
}

/** Whether a run folder is held at present, as far as a glance can tell. */
export const isHeld = (folder: string): Promise<boolean> => isLeaseHeld(lockPath(folder));

/** Whether the lease at a path is, likewise. */
export async function isLeaseHeld(path: string): Promise<boolean> {
  const found = await new LeaseWatch().look(path).catch(() => undefined);
  if (found?.state !== 'unsure') return found?.state === 'held';
  return Date.now() - (found.at ?? 0) < 1000 * (found.holder?.dead ?? 0);
}

const nameOf = (holder: Holder | undefined) =>
  holder ? `process ${holder.pid} on ${holder.host}` : 'an unknown process';
