/** @file What a comparison found, as comparison.json has it. */
import type { ProblemResult } from './results.ts';

export interface Comparison {
  /** What ran ours. */
  engine: string;
  /** Each says where and when it was measured: they need not be of one machine. */
  problems: ProblemResult[];
}
