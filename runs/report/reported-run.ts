/** @file What a report knows of a run. */
import type { Config } from '../../meta/config.ts';
import type { HeldoutError } from '../heldout.ts';
import type { Evaluation, Metrics } from '../records.ts';

export interface ReportedRun {
  name: string;
  config: Config;
  metrics: Metrics[];
  /** Unit of the error. */
  unit: string;
  evaluation?: Evaluation;
  /** Error on the validation split. */
  heldout?: HeldoutError;
  /** PNG. */
  recall?: Uint8Array;
  energy?: Uint8Array;
}
