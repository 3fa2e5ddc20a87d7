#!/usr/bin/env node
/** @file The program `ebmm`: hands the process's streams, environment and signals to the command line. */
import { main } from './cli.ts';
import type { IO } from './io.ts';

const io: IO = {
  out: (line) => process.stdout.write(`${line}\n`),
  err: (line) => (io.live ? io.live(line) : process.stderr.write(`${line}\n`)),
  stream: process.stderr,
  env: process.env,
  stopping: {},
};

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    // The second one means it.
    if (io.stopping.signal || !io.stopping.graceful) process.exit(signal === 'SIGINT' ? 130 : 143);
    io.stopping.signal = signal;
    io.err('stopping after this update (once more to stop at once)');
  });
}

process.exitCode = await main(process.argv.slice(2), io);
