/** @file A command that goes on until it is stopped, in this process. */
import { onTestFinished } from 'vitest';
import { main } from '../../../runs/cli.ts';
import type { IO } from '../../../runs/io.ts';
import { programFile } from '../program.ts';

const program = [await programFile()];

export function begin(...argv: string[]) {
  const lines: string[] = [];
  const io: IO = {
    out: (line) => lines.push(line),
    err: (line) => lines.push(line),
    stream: process.stderr,
    env: { CI: '1' },
    stopping: {},
    program,
  };
  const ended = main(argv, io);
  const stop = () => {
    io.stopping.signal = 'SIGTERM';
    return ended;
  };
  onTestFinished(async () => void (await stop()));
  return { lines, stop, ended };
}

export async function until(there: () => unknown): Promise<void> {
  while (!(await there())) await new Promise((resume) => setTimeout(resume, 20));
}
