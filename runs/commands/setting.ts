/** @file What commands are handed beside the terminal. */
import type { Provenance } from '../run-folder.ts';

export interface Setting {
  /** What made the runs of this process. */
  provenance: Provenance;
  /** Takes the exit status of a command that ended in its own way. */
  finish(status: number): void;
}
