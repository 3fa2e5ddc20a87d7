/** @file The records a run folder holds: one metrics line per logged step, and the rows of an evaluation. */

import type { DataFileRecord } from '../tasks/files/checksums.ts';

/** One line of metrics.jsonl. */
export interface Metrics {
  /** Outer-loop updates done. */
  step: number;
  /** Meta-objective: reconstruction error summed over read iterates, in the memory's range. */
  loss: number;
  /** Error of the last read iterate, in the task's unit, averaged over the patterns of this step. */
  error: number;
  /** Exponential moving average of `error`. */
  error_average: number;
  /** Error of the uncorrected query, for scale. */
  query_error: number;
  /** Global norm of the meta-gradient before clipping. */
  gradient_norm: number;
  learning_rate: number;
  /** Patterns stored per episode at this step. */
  patterns: number;
  episodes_per_second: number;
  /** Seconds of training so far, over all sessions of the run. */
  seconds: number;
  /** Estimate of the seconds left. */
  seconds_left: number;
  /** Updates lost so far to a loss or gradient that was not finite; absent in runs of older versions. */
  skipped?: number;
}

/** One line of validation.jsonl: the errors of one validation while training. */
export interface Validation {
  /** Outer-loop updates done. */
  step: number;
  /** Mean of the errors of all loads, in the task's unit: what validations are ranked by. */
  error: number;
  /** Each load apart, as `evaluate --split validation` of that checkpoint measures it. */
  loads: ValidatedLoad[];
  /** Episodes at each load, and their seed: validations of other ones cannot be compared. */
  episodes: number;
  seed: number;
  /** Whether it was better than all before it: then its parameters became the best checkpoint. */
  best: boolean;
  /** Seconds of training before it, over all sessions of the run. */
  seconds: number;
  /** Seconds that it took itself. */
  validation_seconds: number;
}

export interface ValidatedLoad {
  /** Patterns stored at once; of streams the last ones, which are asked for. */
  patterns: number;
  /** Mean error of a recalled pattern, and the 5th and 95th percentile over episodes of an episode's mean. */
  error: number;
  error_p5: number;
  error_p95: number;
}

/** One row of an evaluation: one memory at one load. */
export interface EvaluationRow {
  /** Name of the memory, "ebmm" for the trained one. */
  memory: string;
  /** Patterns stored at once. */
  patterns: number;
  /** Memory size in float32 numbers. */
  floats: number;
  /** Mean error of a recalled pattern over all episodes, in `unit`. */
  error: number;
  /** 5th percentile over episodes of the episode's mean error. */
  error_p5: number;
  /** 95th percentile over episodes of the episode's mean error. */
  error_p95: number;
  unit: 'bits' | 'squared error';
  episodes: number;
  /** Patterns, of all episodes, whose storing or recalling diverged: they count as all wrong. Absent where none did. */
  diverged?: number;
  /**
   * Information recovered per float, in bits (binary patterns only): N d (1 - H2(p)) / floats, where p is the share of
   * wrong bits among those that recall had to give (all, or where uncorrupted entries are known the others).
   */
  bits_per_float?: number;
  /** Bits of the patterns as given over the bits of the memory. */
  compression: number;
  /** Bits of each number of the memory, where they were rounded; the most of its tensors. */
  bits?: number;
  /** Bits of the memory in all, scales counted, where its numbers were rounded. */
  memory_bits?: number;
  /**
   * Seconds that storing took, the median over episodes (of those stored at once, a part each); of a diffusion model that a
   * run trained, its training. Not a benchmark: whatever else the machine did counts.
   */
  store_seconds?: number;
}

/** evaluation.json, and what `evaluate --json` prints. */
export interface Evaluation {
  task: string;
  /** Files of patterns that were named for this evaluation alone, and what they were. */
  data?: DataFileRecord[];
  /** As given on the command line, for instance "resample:64". */
  corruption: string;
  /** Whether recall was told which entries are uncorrupted, and kept them clamped. */
  known: boolean;
  /** Steps of recall of trained memories, where others than they were trained with. */
  steps?: number;
  /** Of the run's best checkpoint: after how many updates that was. Absent for its last one. */
  best?: number;
  /** The file that the trained parameters came from, where they were not those of the run. */
  weights?: string;
  /** Values in a pattern. */
  dimension: number;
  seed: number;
  /** Bits that the patterns themselves take without loss, where bits of memory were counted. */
  references?: { patterns: number; name: string; bits: number }[];
  rows: EvaluationRow[];
}

/** What a filmstrip shows: a few patterns along recall, with the energy at every step. */
export interface Filmstrip {
  /** [32, 32, 1] for an image, [128] for a bit string. */
  patternShape: number[];
  /** The stored patterns in [0, 1], one array per example. */
  patterns: Float32Array[];
  /** frames[k][example]: iterate k in [0, 1]; k = 0 is the query. */
  frames: Float32Array[][];
  /** energies[k][example]. */
  energies?: number[][];
}

/** Errors of one memory along a stream. */
export interface StreamRow {
  memory: string;
  floats: number;
  unit: 'bits' | 'squared error';
  /** Mean error of patterns of each age, an age being the number of patterns added later: `from` to `to`. */
  ages: { from: number; to: number; error: number }[];
  /** Mean error of the last 32 patterns (or all, where fewer), after so many. */
  loads: { patterns: number; error: number }[];
}

/** What stream.json holds, and `stream --json` prints. */
export interface StreamEvaluation {
  task: string;
  corruption: string;
  known: boolean;
  length: number;
  batch: number;
  episodes: number;
  dimension: number;
  seed: number;
  rows: StreamRow[];
}
