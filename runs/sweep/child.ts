/** @file A trial as a process of its own, which stops and saves when its worker says so, is killed or vanishes. */
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { finished } from 'node:stream/promises';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { IO } from '../io.ts';

/** Lines of what it says that are kept. */
const KEPT = 20;
/** Milliseconds in which they must have come when it has ended. */
const LAST_WORDS = 2000;

export interface TrialProcess {
  ended: Promise<TrialEnd>;
  /** Asks it to save and end; more than once is no more than once. */
  stop(): void;
}

export interface TrialEnd {
  /** Exit status; null when a signal ended it. */
  status: number | null;
  signal: NodeJS.Signals | null;
  /** Its last words, those of an error if there was one. */
  problem: string;
}

export interface TrialProcessOptions {
  until?: number;
  threads: number;
  dataDir?: string;
  /** Write TensorBoard's event files. */
  tensorboard?: boolean;
  /** Run modules that a configuration names, whoever made it. */
  allowModules?: boolean;
}

/** What node is given to start the program that this code is of. */
export function programHere(): string[] {
  const typescript = import.meta.url.endsWith('.ts');
  const main = fileURLToPath(new URL(`../main.${typescript ? 'ts' : 'js'}`, import.meta.url));
  const loader = () => pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
  return [...(typescript ? ['--import', loader()] : []), main];
}

/** Starts `ebmm trial FOLDER NAME`. Claim the trial first. */
export function startTrial(
  folder: string,
  name: string,
  { until, threads, dataDir, tensorboard, allowModules }: TrialProcessOptions,
  io: Pick<IO, 'env' | 'program'>,
): TrialProcess {
  const argv = [
    ...(io.program ?? programHere()),
    ...(allowModules ? ['--allow-modules'] : []),
    'trial',
    '--attached',
    ...['--threads', String(threads)],
    ...(until ? ['--until', String(until)] : []),
    ...(tensorboard ? ['--tensorboard'] : []),
    ...(dataDir ? ['--data-dir', dataDir] : []),
    ...['--', folder, name],
  ];
  const child = spawn(process.execPath, argv, {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    // A Ctrl-C in the terminal is for the worker, which tells its trials.
    detached: true,
    windowsHide: true,
    env: { ...process.env, ...io.env },
  });
  let lines = [''];
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    const [first, ...more] = text.split('\n');
    lines = [...lines.slice(0, -1), lines.at(-1) + first, ...more].slice(-KEPT);
  });
  const problem = () => {
    const said = lines.filter((line) => line.trim() !== '');
    return said.findLast((line) => line.startsWith('ebmm: '))?.slice('ebmm: '.length) ?? said.at(-1) ?? '';
  };
  const ended = new Promise<TrialEnd>((resolve) => {
    child.on('error', ({ message }) => resolve({ status: null, signal: null, problem: message }));
    // Node tells no 'close' once the channel was closed from here.
    child.on('exit', (status, signal) => {
      void Promise.race([finished(child.stderr!).catch(() => {}), setTimeout(LAST_WORDS)]).then(() =>
        resolve({ status, signal, problem: problem() }),
      );
    });
  });
  return {
    ended,
    stop() {
      if (child.connected) child.disconnect();
    },
  };
}
