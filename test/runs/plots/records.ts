/** @file Plausible records for the tests of the plots. */
import type { Evaluation, EvaluationRow, Metrics, Validation } from '../../../runs/records.ts';

export function metrics(count: number, change: (i: number) => Partial<Metrics> = () => ({})): Metrics[] {
  return Array.from({ length: count }, (_, i) => {
    const error = 20 * Math.exp((-4 * i) / count) * (1 + 0.3 * Math.sin(17 * i));
    return {
      step: 10 * (i + 1),
      loss: 5 * error,
      error,
      error_average: 20 * Math.exp((-4 * i) / count),
      query_error: 22,
      gradient_norm: 1 / (i + 1),
      learning_rate: 1e-4,
      patterns: 32,
      episodes_per_second: 10,
      seconds: i,
      seconds_left: count - i,
      ...change(i),
    };
  });
}

export function validations(count: number, patterns = [32]): Validation[] {
  return Array.from({ length: count }, (_, i) => {
    const loads = patterns.map((n) => {
      const error = (n / 4) * Math.exp(-i / 6) + Number(i > count / 2);
      return { patterns: n, error, error_p5: error / 2, error_p95: error * 2 };
    });
    const error = loads.reduce((sum, load) => sum + load.error, 0) / loads.length;
    return {
      step: 100 * i,
      error,
      loads,
      episodes: 32,
      seed: 1,
      best: i <= count / 2,
      seconds: i,
      validation_seconds: 0.1,
    };
  });
}

export function row(memory: string, patterns: number, error: number, floats = 8256): EvaluationRow {
  return {
    memory,
    patterns,
    floats,
    error,
    error_p5: 0.6 * error,
    error_p95: 1.5 * error,
    unit: 'bits',
    episodes: 1000,
    compression: (patterns * 128) / (32 * floats),
  };
}

export function evaluation(rows: EvaluationRow[]): Evaluation {
  return { task: 'binary', corruption: 'resample:64', known: false, dimension: 128, seed: 1, rows };
}
