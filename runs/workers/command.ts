/** @file `ebmm worker redis://HOST`: computes for whoever asks through that Redis. */
import { randomBytes } from 'node:crypto';
import { availableParallelism, hostname } from 'node:os';
import { resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { Command } from 'commander';
import { sourceOf } from '../data-options.ts';
import { type IO, STOP_STATUS } from '../io.ts';
import { dataOption, positiveNumber, threadsOption } from '../options.ts';
import { PartWorker } from './part-worker.ts';
import { connect, isForgotten, isLost, ready, refused } from './redis.ts';
import { TrialWorker } from './trial-worker.ts';

/** Milliseconds between looks for work. */
const LOOK = 500;

export function addWorkerCommand(
  program: Command,
  io: IO,
  { version, finish }: { version: string; finish: (status: number) => void },
): void {
  program
    .command('worker')
    .argument('<redis>', 'redis://[user:password@]host[:port][/database], or rediss:// for TLS')
    .addOption(threadsOption())
    .option('--idle <seconds>', 'end when there was nothing to do for so long', positiveNumber)
    .addOption(dataOption())
    .action(async (address: string, options: WorkerOptions) => {
      await worker(address, { ...options, version }, io);
      if (io.stopping.signal) finish(STOP_STATUS[io.stopping.signal]);
    });
}

interface WorkerOptions {
  threads?: number;
  idle?: number;
  dataDir?: string;
}

async function worker(address: string, options: WorkerOptions & { version: string }, io: IO): Promise<void> {
  const { idle = Number.POSITIVE_INFINITY, threads = availableParallelism(), version } = options;
  const { redis, shown } = await connect(address, io.env);
  const name = `${hostname().slice(0, 60)}-${process.pid}-${randomBytes(3).toString('hex')}`;
  const dataDir = options.dataDir && resolve(options.dataDir);
  const source = sourceOf(options, io);
  const parts = new PartWorker({ redis, shown, name, threads, source, version }, io);
  const trials = await TrialWorker.open(
    { redis, shown, name, address, threads, dataDir, source, version },
    io,
  ).catch((error) => {
    // biome-ignore format: one thought
    redis.disconnect();
    throw error;
  });
  const stopping = () => Boolean(io.stopping.signal);
  io.stopping.graceful = true;
  io.err(`worker ${name}: waiting for work on ${shown}`);
  let last = performance.now();
  try {
    while (!stopping() && performance.now() - last < 1000 * idle) {
      try {
        if ((await parts.serve()) || (!stopping() && (await trials.serve()))) last = performance.now();
        else await setTimeout(LOOK);
      } catch (error) {
        if (!isLost(error) && !isForgotten(error)) throw refused(shown, error);
        await ready(redis, stopping, (why) => io.err(`${shown} ${why}: waiting for it`));
      }
    }
  } finally {
    io.stopping.graceful = false;
    await trials.close();
    redis.disconnect();
    await parts.dispose();
  }
}
