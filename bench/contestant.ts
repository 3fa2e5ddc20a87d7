/** @file A contestant: a process of its own that steps when it is told to, and waits, idle, while others do. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { InputError } from '../src/errors.ts';
import type { Ready, Timed } from './protocol.ts';

export interface Contestant {
  ready: Ready;
  /** Takes some steps. */
  step(count: number): Promise<Timed>;
  /** Ends the process. */
  close(): Promise<void>;
}

/** A contestant could not be made ready; `message` is one line. */
export class ContestantError extends Error {
  override name = 'ContestantError';
  /** Seconds that it was given, where those were too few. */
  readonly limit?: number;

  constructor(message: string, limit?: number) {
    super(message);
    this.limit = limit;
  }
}

/** Those that run: none outlives this process. */
const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill();
});

/**
 * Starts a process and waits until it has compiled.
 * @param limit seconds until then
 * @param env beside what this process has
 * @throws ContestantError when it ends early, or is not ready within the limit; InputError when it says that it was asked
 * for something that is not there
 */
export async function start(
  command: string,
  args: string[],
  limit: number,
  env: Record<string, string> = {},
): Promise<Contestant> {
  const child = spawn(command, args, { env: { ...process.env, ...env } });
  running.add(child);
  let complaint = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    complaint = (complaint + text).slice(-20_000);
  });
  const ended = new Promise<void>((resolve) => {
    child.on('error', (error) => {
      complaint += error.message;
      resolve();
    });
    child.on('close', () => resolve());
  });
  ended.then(() => running.delete(child));
  // It may end while something is written to it.
  child.stdin.on('error', () => {});
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const answer = async <T>(): Promise<T> => {
    const { value, done } = await lines.next();
    if (done) {
      await ended;
      throw new ContestantError(lastLine(complaint) || 'ended early');
    }
    const said = JSON.parse(value);
    if (said.error) throw new InputError(said.error);
    return said;
  };
  const close = async () => {
    child.stdin.end();
    child.kill();
    await ended;
  };
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new ContestantError(`did not compile within ${limit} s`, limit)),
      1000 * limit,
    );
  });
  const first = answer<Ready>();
  // Where it is late, what it says when it is stopped is of no interest.
  first.catch(() => {});
  try {
    const ready = await Promise.race([first, late]);
    return {
      ready,
      step(count) {
        child.stdin.write(`${count}\n`);
        return answer<Timed>();
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

/** Of a Python or JavaScript error, the line that says what it was. */
export function lastLine(text: string): string {
  const lines = text.split('\n').map((line) => line.trimEnd());
  const said = lines.filter((line) => line !== '' && !/^Node\.js v/.test(line));
  return said.findLast((line) => /^[\w.]*(Error|Exception|Exit|Killed)\b.*:/.test(line)) ?? said.at(-1) ?? '';
}
