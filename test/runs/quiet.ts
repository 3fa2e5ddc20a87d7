/** @file What commands are handed in tests: lines are kept, nothing moves. */
import type { IO } from '../../runs/io.ts';

export function terminalIO(): { io: IO; lines: string[]; out: string[] } {
  const [lines, out]: string[][] = [[], []];
  const io: IO = {
    out: (line) => out.push(line),
    err: (line) => lines.push(line),
    stream: process.stderr,
    env: { CI: '1' },
    stopping: {},
  };
  return { io, lines, out };
}
