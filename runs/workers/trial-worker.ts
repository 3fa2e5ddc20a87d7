/** @file A worker's part in sweeps of other machines: takes a trial off the queue, makes it in a folder of its own, sends the run back. */
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { Job } from 'bullmq';
import { InputError } from '../../src/errors.ts';
import type { DataSource } from '../../tasks/index.ts';
import { type IO, STOP_STATUS } from '../io.ts';
import { modulesAllowed } from '../modules.ts';
import { engineOf } from '../options.ts';
import { startTrial } from '../sweep/child.ts';
import { parseManifest, sweepPaths } from '../sweep/manifest.ts';
import { KEPT, pack, receive, send, unpack } from './archive.ts';
import { BadBlob } from './blob.ts';
import { checkFiles } from './files.ts';
import { isLost, messageOf, type Redis, ready } from './redis.ts';
import {
  jobSchema,
  LOCK,
  openWorker,
  remarksKey,
  type TrialJob,
  type TrialResult,
  trialKeys,
} from './trial-queue.ts';

/** Milliseconds for which a trial that this machine cannot make is left to others, and this machine takes no other. */
const DECLINED = { job: 1000, own: 5000 } as const;
/** Most characters of a trial as it comes. */
const LONGEST_JOB = 2 ** 22;

export interface TrialWorkerOptions {
  redis: Redis;
  shown: string;
  name: string;
  address: string;
  threads: number;
  dataDir?: string;
  source: DataSource;
  version: string;
}

export class TrialWorker {
  readonly #options: TrialWorkerOptions;
  readonly #io: IO;
  readonly #opened: Awaited<ReturnType<typeof openWorker>>;
  readonly #told = new Set<string>();
  #until = 0;
  made = 0;

  private constructor(options: TrialWorkerOptions, opened: Awaited<ReturnType<typeof openWorker>>, io: IO) {
    this.#options = options;
    this.#opened = opened;
    this.#io = io;
  }

  /** @throws InputError where BullMQ is not installed */
  static async open(options: TrialWorkerOptions, io: IO): Promise<TrialWorker> {
    return new TrialWorker(options, await openWorker(options.address, io.env), io);
  }

  /** Makes a trial, if there is one. @returns whether there was */
  async serve(): Promise<boolean> {
    if (performance.now() < this.#until) return false;
    const token = randomBytes(8).toString('hex');
    const job = (await this.#opened.worker.getNextJob(token, { block: false })) as Job<TrialJob> | undefined;
    if (!job) return false;
    let lost = false;
    const renewal = setInterval(() => {
      // A job that another has by now, or that Redis has lost: the trial is made all the same, and what is sent twice counts once.
      job.extendLock(token, LOCK).then((kept) => { lost = kept === 0; }, () => { lost = true; }); // biome-ignore format: one line
    }, LOCK / 4);
    try {
      await this.#make(job, token, () => lost);
    } finally {
      clearInterval(renewal);
    }
    return true;
  }

  async close(): Promise<void> {
    await Promise.race([this.#opened.worker.close(true), setTimeout(2000)]);
  }

  async #make(job: Job<TrialJob>, token: string, lost: () => boolean): Promise<void> {
    const { redis, shown, name: worker, source, threads, dataDir, version } = this.#options;
    const keys = trialKeys(String(job.id));
    const own = await mkdtemp(join(tmpdir(), `ebmm-worker-${process.pid}-`));
    try {
      const { trial, manifest, until, begun } = await this.#check(job, version, source);
      await writeFile(sweepPaths(own).manifest, JSON.stringify(manifest));
      if (begun) {
        const run = sweepPaths(own).run(trial.name);
        await mkdir(run);
        await unpack(begun, await receive(redis, keys.begun, begun), run);
      }
      this.#io.err(`${manifest.name} ${trial.name}: until update ${until}`);
      const child = startTrial(
        own,
        trial.name,
        { until, threads, dataDir, allowModules: modulesAllowed() },
        this.#io,
      );
      const watch = setInterval(() => this.#io.stopping.signal && child.stop(), 200);
      const end = await child.ended.finally(() => clearInterval(watch));
      if (end.status === 0) {
        const { archive, data } = await pack(sweepPaths(own).run(trial.name));
        await this.#say(keys.result, { what: 'made', worker, archive }, async () =>
          send(redis, keys.made, data),
        );
        this.made++;
        this.#io.err(
          `${manifest.name} ${trial.name}: made, ${(archive.bytes / 1e6).toPrecision(2)} MB sent to ${shown}`,
        );
        await this.#quietly(() => job.moveToCompleted(worker as never, token, false));
      } else if (this.#io.stopping.signal || Object.values(STOP_STATUS).some((stop) => stop === end.status)) {
        // Somebody else begins it again.
        await this.#quietly(() => job.moveToDelayed(Date.now() + 1, token));
      } else {
        const problem = end.signal
          ? `killed by ${end.signal}`
          : end.problem || `ended with status ${end.status}`;
        this.#io.err(`${manifest.name} ${trial.name}: ${problem}`);
        // What is wrong with the trial itself is wrong everywhere; what this machine lacks, another may have.
        const last = end.status === 2 || job.attemptsMade + 1 >= (job.opts.attempts ?? 1);
        if (last && !lost())
          await this.#say(keys.result, { what: 'failed', worker, problem: problem.slice(0, 1000) });
        const error = end.status === 2 ? new this.#opened.Unrecoverable(problem) : new Error(problem);
        await this.#quietly(() => job.moveToFailed(error, token, false));
      }
    } catch (error) {
      if (!(error instanceof InputError) && !(error instanceof BadBlob)) throw error;
      await this.#decline(job, token, messageOf(error));
    } finally {
      await rm(own, { recursive: true, force: true });
    }
  }

  /** What came, looked at. @throws InputError saying why this machine cannot make it */
  async #check(job: Job<TrialJob>, version: string, source: DataSource) {
    const text = JSON.stringify(job.data) ?? '';
    if (text.length > LONGEST_JOB) throw new InputError(`it has ${text.length} characters`);
    const read = jobSchema.safeParse(job.data);
    if (!read.success) throw new InputError(`it has a wrong "${read.error.issues[0].path.join('.')}"`);
    const { ebmm, id, until, begun, files, modules } = read.data;
    if (id !== job.id) throw new InputError('it has another name than its job');
    if (ebmm !== version) throw new InputError(`it is of ebmm ${ebmm}, this is ${version}`);
    const manifest = parseManifest(read.data.manifest, 'its manifest');
    if (manifest.trials.length !== 1) throw new InputError('it is not one trial');
    const [trial] = manifest.trials;
    await checkFiles(trial.config, { files, modules }, source);
    await (await engineOf({ ...manifest.engine, threads: this.#options.threads })).dispose();
    return { trial, manifest, until, begun };
  }

  /** Leaves a trial to others, and says why. */
  async #decline(job: Job<TrialJob>, token: string, why: string): Promise<void> {
    const { redis, name } = this.#options;
    const line = `worker ${name} cannot make ${String(job.name).slice(0, 40)}: ${why.slice(0, 300)}`;
    const [sweep] = String(job.id).split('-');
    if (!this.#told.has(sweep + why)) {
      this.#told.add(sweep + why);
      this.#io.err(line);
      await this.#quietly(async () => {
        await redis.multi().rpush(remarksKey(sweep), line).pexpire(remarksKey(sweep), KEPT).exec();
      });
    }
    this.#until = performance.now() + DECLINED.own;
    await this.#quietly(() => job.moveToDelayed(Date.now() + DECLINED.job, token));
  }

  /** Sends a result, again where Redis went away meanwhile. */
  async #say(
    key: string,
    result: TrialResult,
    before: () => Promise<unknown> = async () => undefined,
  ): Promise<void> {
    const { redis, shown } = this.#options;
    for (;;) {
      try {
        await before();
        await redis.set(key, JSON.stringify(result), 'PX', KEPT);
        return;
      } catch (error) {
        if (!isLost(error)) throw error;
        const wait = (why: string) => this.#io.err(`${shown} ${why}: waiting for it to send a result`);
        if (!(await ready(redis, () => false, wait))) return;
      }
    }
  }

  /** What BullMQ no longer knows of a job does not matter: results speak for themselves. */
  async #quietly(step: () => Promise<unknown>): Promise<void> {
    await Promise.race([step().catch(() => undefined), setTimeout(5000)]);
  }
}
