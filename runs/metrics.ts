/** @file metrics.jsonl: a line for each logged update. */
import { z } from 'zod';
import type { Metrics } from './records.ts';
import { readStepLog, StepLog } from './step-log.ts';

/** A line is its step and numbers, null being what JSON has for one that is not finite. */
const metricsSchema = z.object({ step: z.int().min(0) }).catchall(z.number().nullable());

/** All whole lines of metrics.jsonl, in order; a line cut off by a crash is left out. None when there is no file. */
export const readMetricsFile = (file: string): Promise<Metrics[]> =>
  readStepLog<Metrics>(file, metricsSchema);

/** Opens the log of a run that has had `step` updates. */
export const openMetrics = async (path: string, step: number): Promise<StepLog<Metrics>> =>
  StepLog.open(path, step, await readMetricsFile(path));
