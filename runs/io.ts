/** @file What a command may touch of the outside world, handed in: output, arguments from the environment, the clock. */
import type { Environment } from './data.ts';

export interface IO {
  /** A line on standard output: results. */
  out(line: string): void;
  /** A line on standard error: progress and remarks. */
  err(line: string): void;
  /** Where such lines go while a moving display holds the terminal; `err` sees to it. */
  live?: (line: string) => void;
  /** Standard error, where a terminal may show moving progress. */
  stream: NodeJS.WriteStream;
  env: Environment;
  /**
   * `signal`: the user asked to stop. `graceful`: what runs now looks at it and ends by itself; without it, a signal ends
   * the process at once.
   */
  stopping: { signal?: 'SIGINT' | 'SIGTERM'; graceful?: boolean };
}

/** Whether moving progress is welcome: a terminal that is not dumb. */
export const isLive = (io: IO) => Boolean(io.stream.isTTY) && io.env.TERM !== 'dumb' && !io.env.CI;

/** Text in the one colour of displays, where colour is welcome (https://no-color.org). */
export const paint = (io: IO, text: string) => (io.env.NO_COLOR ? text : `\x1b[36m${text}\x1b[39m`);

/** Seconds as people say them: 45 s, 3 min 20 s, 2 h 5 min. */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return '?';
  const s = Math.round(seconds);
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min ${s % 60} s`;
  return `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`;
}
