/**
 * @file What the contestants say, a line of JSON at a time; bench/peers/contest.py says the same. A contestant compiles, takes
 * two steps and tells what came of them; then it reads numbers of steps and answers with their times.
 */
import { readFileSync, writeFileSync } from 'node:fs';

/** The first line. */
export interface Ready {
  versions: Record<string, string>;
  /** Seconds from the Python or TypeScript function to something that runs. */
  compile: number;
  /** Of the first step and of the one after the first update. */
  losses: [number, number];
  /** Of the gradient of the first step, all parameters together. */
  norm: number;
  /** Greatest resident memory so far, compilation included, in bytes. */
  peak: number;
  /** This project only: operations of the graph, and floating-point operations of its products. */
  operations?: number;
  products?: number;
}

/** The answer to a number of steps. */
export interface Timed {
  /** Milliseconds of each step. */
  times: number[];
  /** Greatest resident memory while stepping, in bytes. */
  peak: number;
}

/** Makes the peak of resident memory count from now on, where the system can (Linux). */
export function forgetPeak(): void {
  try {
    writeFileSync('/proc/self/clear_refs', '5');
  } catch {
    // Then the peak is that of the whole life of the process.
  }
}

/** Greatest resident memory since `forgetPeak`, in bytes. */
export function peak(): number {
  try {
    const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'));
    if (kilobytes) return 1024 * Number(kilobytes[1]);
  } catch {
    // No such file.
  }
  return lifetimePeak();
}

/** Greatest resident memory of the process so far, in bytes. */
export const lifetimePeak = () => 1024 * process.resourceUsage().maxRSS;
