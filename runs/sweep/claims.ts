/** @file Who works on which trial: a lease for each, which never makes anybody wait. */
import { mkdir } from 'node:fs/promises';
import { onFile } from '../../src/files.ts';
import { type Lease, LeaseWatch, takeLease } from '../lease.ts';
import { isLeaseHeld, lockPath } from '../lock.ts';
import { sweepPaths } from './manifest.ts';

export class Claims {
  readonly #folder: string;
  /** Holders on other machines are watched from one look to the next: whoever stays silent for long enough is dead. */
  readonly #watch = new LeaseWatch();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /**
   * Takes a trial, unless somebody works on it or may still do so; then ask again later. What a dead process left of it is
   * taken over.
   */
  async take(trial: string): Promise<Lease | undefined> {
    const { claims, claim, run } = sweepPaths(this.#folder);
    const lock = lockPath(run(trial));
    const [own, training] = [await this.#watch.look(claim(trial)), await this.#watch.look(lock)];
    if ([own, training].some(({ state }) => state === 'held' || state === 'unsure')) return undefined;
    await onFile(claims, () => mkdir(claims, { recursive: true }));
    const taken = await this.#try(claim(trial));
    if (!taken || training.state === 'free') return taken;
    // Training would have to watch the dead holder of its lock all over again.
    const unlocked = await this.#try(lock);
    unlocked?.release();
    if (unlocked) return taken;
    taken.release();
    return undefined;
  }

  async #try(path: string): Promise<Lease | undefined> {
    const taken = await onFile(path, () => takeLease(path, { watch: this.#watch, wait: false }));
    return 'heldBy' in taken ? undefined : taken;
  }
}

/** Whether somebody works on a trial, as far as a glance can tell. */
export const isClaimed = (folder: string, trial: string): Promise<boolean> =>
  isLeaseHeld(sweepPaths(folder).claim(trial));
