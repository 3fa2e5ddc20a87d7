/** @file What a comparison found, as comparison.json has it. */
import type { ProblemResult } from './results.ts';

export interface Comparison {
  /** When it ended, ISO 8601. */
  measured: string;
  machine: { cpu: string; cores: number; memory_gb: number };
  /** What ran ours. */
  engine?: string;
  versions: Record<string, string>;
  problems: ProblemResult[];
}
