/** @file Runs the command line inside a test and keeps what it printed. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect } from 'vitest';
import { main } from '../../runs/cli.ts';
import type { IO } from '../../runs/io.ts';
import { programFile } from './program.ts';

export { tiny } from './tiny.ts';

/** A folder that lives as long as the test file. */
export function folderOfFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'ebmm-test-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export interface Outcome {
  status: number;
  out: string;
  err: string;
}

/** Runs `ebmm ...argv` in this process; `env` takes the place of the environment. */
export async function ebmm(argv: string[], env: Record<string, string> = {}): Promise<Outcome> {
  const out: string[] = [];
  const err: string[] = [];
  const io: IO = {
    out: (line) => out.push(line),
    err: (line) => err.push(line),
    stream: process.stderr,
    env: { CI: '1', ...env },
    stopping: {},
    // Trials of a sweep are processes.
    ...(argv.includes('sweep') ? { program: [await programFile()] } : {}),
  };
  const status = await main(argv, io);
  return { status, out: out.join('\n'), err: err.join('\n') };
}

/** Bad input: exit status 2, nothing on standard output, and one line (and where help is) that is no internal error. */
export function expectRefused({ status, out, err }: Outcome, what: string): void {
  const lines = err.split('\n').filter((line) => !line.startsWith('('));
  expect({ status, out, lines: lines.length, line: lines.at(-1) }, what).toEqual({
    status: 2,
    out: '',
    lines: 1,
    line: expect.not.stringMatching(/internal error|^\s+at |^$/),
  });
}
