/**
 * @file Trials of sweeps as jobs of a BullMQ queue, for machines without a shared folder: what a job says, what comes back, under which
 * names. Whoever has the queue gives trials out and takes finished run folders in; the same trial made twice is the same run.
 */
import { createHash } from 'node:crypto';
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import type { Queue, Worker } from 'bullmq';
import { z } from 'zod';
import type { Environment } from '../data.ts';
import type { Manifest } from '../sweep/manifest.ts';
import { archiveSchema } from './archive.ts';
import { fileSchema } from './protocol.ts';
import { missing, parseAddress } from './redis.ts';

const QUEUE = 'trials';
const PREFIX = 'ebmm';
/** Milliseconds after which the job of a worker that has not renewed it is another's, and between looks for such. */
export const LOCK = 15_000;
const STALLED = 5_000;
/** So often a job may fail by no fault of its configuration. */
export const ATTEMPTS = 3;
/** Most bytes of what a worker says of a result. */
export const LONGEST_RESULT = 2 ** 20;

export const jobSchema = z.strictObject({
  version: z.literal(1),
  ebmm: z.string().max(100),
  id: z.string().regex(/^[0-9a-f]{16}-trial-\d{3,5}-\d{1,12}$/),
  until: z.int().min(1),
  /** Of this one trial; sweep/manifest.ts looks at it. */
  manifest: z.record(z.string(), z.unknown()),
  files: z.array(fileSchema).max(10_000),
  modules: z.array(fileSchema).max(100),
  /** The run folder as it stands at an earlier rung. */
  begun: archiveSchema.nullable(),
});
export type TrialJob = z.output<typeof jobSchema>;

export const resultSchema = z.discriminatedUnion('what', [
  z.strictObject({ what: z.literal('made'), worker: z.string().max(100), archive: archiveSchema }),
  z.strictObject({ what: z.literal('failed'), worker: z.string().max(100), problem: z.string().max(2000) }),
]);
export type TrialResult = z.output<typeof resultSchema>;

/** Names a sweep's jobs: the same for the same folder. */
export const sweepId = (folder: string, manifest: Manifest): string =>
  createHash('sha256')
    .update(JSON.stringify([hostname(), resolve(folder), manifest]))
    .digest('hex')
    .slice(0, 16);

export const jobId = (sweep: string, trial: string, until: number) => `${sweep}-${trial}-${until}`;

export const trialKeys = (id: string) => ({
  result: `ebmm:trial:{${id}}:result`,
  /** Chunks of the finished run, and of the one that was begun. */
  made: `ebmm:trial:{${id}}:made`,
  begun: `ebmm:trial:{${id}}:begun`,
});
/** Lines for the owner of a sweep. */
export const remarksKey = (sweep: string) => `ebmm:sweep:{${sweep}}:remarks`;

async function bullmq(): Promise<Pick<typeof import('bullmq'), 'Queue' | 'Worker' | 'UnrecoverableError'>> {
  try {
    const { Queue, Worker, UnrecoverableError } = await import('bullmq');
    return { Queue, Worker, UnrecoverableError };
  } catch (error) {
    throw missing('bullmq', error);
  }
}

/** Waits for Redis as long as it takes. */
const connectionOf = (address: string, env: Environment) => ({
  ...parseAddress(address, env).options,
  maxRetriesPerRequest: null,
  keepAlive: 10_000,
  retryStrategy: (times: number) => Math.min(100 * times, 2000),
});

/** @throws InputError where BullMQ is not installed */
export async function openQueue(address: string, env: Environment): Promise<Queue<TrialJob>> {
  const { Queue } = await bullmq();
  const queue = new Queue<TrialJob>(QUEUE, {
    connection: connectionOf(address, env),
    prefix: PREFIX,
    skipVersionCheck: false,
    defaultJobOptions: {
      attempts: ATTEMPTS,
      backoff: { type: 'fixed', delay: 1000 },
      removeOnComplete: true,
      removeOnFail: { age: 86_400, count: 10_000 },
    },
  });
  // Redis went away for a while: it is asked again.
  queue.on('error', () => undefined);
  return queue;
}

/** @throws InputError where BullMQ is not installed */
export async function openWorker(
  address: string,
  env: Environment,
): Promise<{ worker: Worker<TrialJob>; Unrecoverable: new (message: string) => Error }> {
  // biome-ignore format: one signature
  const { Worker, UnrecoverableError } = await bullmq();
  const worker = new Worker<TrialJob>(QUEUE, null, {
    connection: connectionOf(address, env),
    prefix: PREFIX,
    autorun: false,
    lockDuration: LOCK,
    stalledInterval: STALLED,
    // Workers may be killed as often as they like.
    maxStalledCount: 1_000_000,
  });
  worker.on('error', () => undefined);
  await worker.startStalledCheckTimer();
  return { worker, Unrecoverable: UnrecoverableError };
}
