/** @file The line of metrics.jsonl that an update gives. */
import type { StepReport, TrainingState } from '../meta/trainer.ts';
import type { Metrics } from './records.ts';

/**
 * @param episodesPerSecond of this session so far
 * @param left estimate of the seconds left
 */
export function metricsOf(
  report: StepReport,
  state: TrainingState,
  episodesPerSecond: number,
  left: number,
): Metrics {
  return {
    step: report.step,
    loss: report.loss,
    error: report.error,
    error_average: report.errorAverage,
    query_error: report.queryError,
    gradient_norm: report.gradientNorm,
    learning_rate: report.learningRate,
    patterns: report.patterns,
    episodes_per_second: episodesPerSecond,
    seconds: state.seconds,
    seconds_left: left,
    skipped: state.lost.total,
  };
}
