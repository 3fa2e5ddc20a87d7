/** @file The program `ebmm`, on a Node that can run it: hands the process's streams, environment and signals to the command line. */
import { reasonOf } from '../src/files.ts';
import { printable } from '../src/printable.ts';
import { main } from './cli.ts';
import { type IO, STOP_STATUS, type StopSignal } from './io.ts';

const io: IO = {
  // Names come from folders and files that others made.
  out: (line) => process.stdout.write(`${printable(line)}\n`),
  err: (line) => (io.live ? io.live(printable(line)) : process.stderr.write(`${printable(line)}\n`)),
  stream: process.stderr,
  env: process.env,
  stopping: {},
};

function stop(signal: StopSignal): void {
  // A terminal that closes says so more than once.
  if (io.stopping.signal && signal === 'SIGHUP') return;
  // The second one means it.
  if (io.stopping.signal || !io.stopping.graceful) process.exit(STOP_STATUS[signal]);
  io.stopping.signal = signal;
  io.err('stopping after this update (once more to stop at once)');
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop(signal));

process.stdout.on('error', ({ code = 'unknown' }: NodeJS.ErrnoException) => {
  // Whoever reads has enough: like any program in a pipe, without a word.
  if (code === 'EPIPE') return io.stopping.signal ? undefined : stop('SIGPIPE');
  if (!process.exitCode) io.err(`ebmm: cannot write standard output: ${reasonOf(code)}`);
  io.unwritten = true;
  process.exitCode ||= 1;
});
// Progress and remarks may go unread, but not because the reader left: then nobody waits for long work.
process.stderr.on('error', ({ code }: NodeJS.ErrnoException) => {
  if (code === 'EPIPE' && io.stopping.graceful && !io.stopping.signal) io.stopping.signal = 'SIGPIPE';
});

const status = await main(process.argv.slice(2), io);
process.exitCode = status || process.exitCode;
