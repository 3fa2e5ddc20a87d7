/** @file What a command may touch of the outside world, handed in: output, arguments from the environment, the clock. */
import { NoCanvas } from '../src/canvas.ts';
import { FileError } from '../src/files.ts';
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
  /** What node is given to start this program, where that is not the file beside this code. */
  program?: readonly string[];
  /** The command line, for records. */
  command?: readonly string[];
  env: Environment;
  /**
   * `signal`: the user asked to stop. `graceful`: what runs now looks at it and ends by itself; without it, a signal ends
   * the process at once.
   */
  stopping: { signal?: StopSignal; graceful?: boolean };
  /** Something that was computed could not be written, though it was printed: the exit status says so. */
  unwritten?: boolean;
}

/** What ends long work early, with its exit status. SIGPIPE: whoever read the output has gone. */
export const STOP_STATUS = { SIGHUP: 129, SIGINT: 130, SIGPIPE: 141, SIGTERM: 143 } as const;
export type StopSignal = keyof typeof STOP_STATUS;

/** Writes what has been computed; where that fails, says so and goes on, so that the result is still printed. */
export async function keep(io: IO, write: () => Promise<unknown>): Promise<boolean> {
  try {
    await write();
    return true;
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    io.err(`ebmm: ${error.message}`);
    if (!(error instanceof NoCanvas)) io.unwritten = true;
    return false;
  }
}

/** Whether moving progress is welcome: a terminal that is not dumb. */
export const isLive = (io: IO) => Boolean(io.stream.isTTY) && io.env.TERM !== 'dumb' && !io.env.CI;

/** Text in the one colour of displays, where colour is welcome (https://no-color.org). */
export const paint = (io: IO, text: string) => (io.env.NO_COLOR ? text : `\x1b[36m${text}\x1b[39m`);

/** 1 update, 2 updates. */
export const counted = (n: number, what: string) => `${n} ${what}${n === 1 ? '' : 's'}`;

/** Seconds as people say them: 45 s, 3 min 20 s, 2 h 5 min. */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return '?';
  const s = Math.round(seconds);
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min ${s % 60} s`;
  return `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`;
}
