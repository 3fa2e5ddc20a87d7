/**
 * @file The side of a sweep whose trials are made elsewhere: `start` queues a trial and has the same face as a process of this machine. A
 * finished run lands in the folder of the sweep by a rename. What Redis loses is queued again; what comes twice counts once.
 */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { Queue } from 'bullmq';
import { InputError } from '../../src/errors.ts';
import { onFile } from '../../src/files.ts';
import type { DataSource } from '../../tasks/index.ts';
import { readJudgements } from '../heldout.ts';
import { type IO, STOP_STATUS } from '../io.ts';
import { paths } from '../run-folder.ts';
import type { TrialEnd, TrialProcess } from '../sweep/child.ts';
import { checkRun, type Manifest, sweepPaths } from '../sweep/manifest.ts';
import { forget, pack, receive, send, unpack } from './archive.ts';
import { BadBlob } from './blob.ts';
import { filesOf } from './files.ts';
import { connect, isLost, messageOf, type Redis, ready, refused } from './redis.ts';
import {
  jobId,
  LONGEST_RESULT,
  openQueue,
  remarksKey,
  resultSchema,
  sweepId,
  type TrialJob,
  type TrialResult,
  trialKeys,
} from './trial-queue.ts';

/** Milliseconds between looks for results; so many looks between those whether jobs are still there. */
const LOOK = 500;
const LOOKS = 6;
/** How often a result may come damaged before the trial counts as one that cannot be made. */
const DAMAGED = 5;

interface Waiting {
  job: TrialJob;
  name: string;
  end(end: TrialEnd): void;
  queued: boolean;
  damaged: number;
}

export class RemoteTrials {
  readonly #folder: string;
  readonly #manifest: Manifest;
  readonly #redis: Redis;
  readonly #queue: Queue<TrialJob>;
  readonly #io: IO;
  readonly #sweep: string;
  readonly #source: DataSource;
  readonly #shown: string;
  readonly #waiting = new Map<string, Waiting>();
  #closed = false;
  #loop: Promise<void>;

  private constructor(
    folder: string,
    manifest: Manifest,
    redis: Redis,
    shown: string,
    queue: Queue<TrialJob>,
    source: DataSource,
    io: IO,
  ) {
    // biome-ignore format: one signature
    this.#folder = folder;
    this.#manifest = manifest;
    this.#redis = redis;
    this.#shown = shown;
    this.#queue = queue;
    this.#source = source;
    this.#io = io;
    this.#sweep = sweepId(folder, manifest);
    this.#loop = this.#watch();
  }

  /** @throws InputError where there is no such Redis, or no BullMQ */
  static async open(
    folder: string,
    manifest: Manifest,
    address: string,
    source: DataSource,
    io: IO,
  ): Promise<RemoteTrials> {
    // biome-ignore format: one signature
    const { redis, shown } = await connect(address, io.env);
    try {
      const queue = await openQueue(address, io.env);
      await mendLanding(folder, manifest);
      await rm(incoming(folder), { recursive: true, force: true });
      return new RemoteTrials(folder, manifest, redis, shown, queue, source, io);
    } catch (error) {
      redis.disconnect();
      throw error;
    }
  }

  get shown(): string {
    return this.#shown;
  }

  /** As `startTrial`; `stop` takes the trial back unless somebody is at it. */
  readonly start = (name: string, until: number): TrialProcess => {
    const id = jobId(this.#sweep, name, until);
    let end!: (end: TrialEnd) => void;
    const ended = new Promise<TrialEnd>((resolve) => {
      end = resolve;
    });
    this.#begin(id, name, until, end).catch((error) => {
      end({ status: 1, signal: null, problem: messageOf(error) });
    });
    return {
      ended,
      stop: () => {
        this.#waiting.delete(id);
        this.#queue.remove(id).catch(() => undefined);
        end({ status: STOP_STATUS.SIGTERM, signal: null, problem: 'taken back' });
      },
    };
  };

  async close(): Promise<void> {
    this.#closed = true;
    await this.#loop;
    // A moment for jobs to be taken back.
    await Promise.race([this.#queue.close(), setTimeout(2000)]);
    await this.#queue.disconnect().catch(() => undefined);
    this.#redis.disconnect();
    await rm(incoming(this.#folder), { recursive: true, force: true });
  }

  async #begin(id: string, name: string, until: number, end: Waiting['end']): Promise<void> {
    const trial = this.#manifest.trials.find((each) => each.name === name)!;
    const { files, modules } = await filesOf(trial.config, this.#source);
    const { halving: _, ...manifest } = this.#manifest;
    const job: TrialJob = {
      version: 1,
      ebmm: this.#manifest.made_with.ebmm,
      id,
      until,
      manifest: { ...manifest, trials: [{ ...trial, seal: undefined }] },
      files,
      modules,
      begun: null,
    };
    this.#waiting.set(id, { job, name, end, queued: false, damaged: 0 });
  }

  async #watch(): Promise<void> {
    for (let look = 0; !this.#closed; look++) {
      try {
        const all = [...this.#waiting];
        const pipeline = this.#redis.pipeline();
        for (const [id] of all) pipeline.getrange(trialKeys(id).result, 0, LONGEST_RESULT);
        pipeline.lpop(remarksKey(this.#sweep), 20);
        const replies = (await pipeline.exec()) ?? [];
        for (const [error] of replies) if (error) throw error;
        for (const line of (replies.at(-1)?.[1] as string[] | null) ?? []) this.#io.err(line.slice(0, 500));
        for (const [i, [id, waiting]] of all.entries()) {
          if (this.#closed || this.#waiting.get(id) !== waiting) continue;
          const text = replies[i][1] as string;
          if (text) await this.#take(id, waiting, text);
          else if (!waiting.queued || look % LOOKS === 0) await this.#queueUp(id, waiting);
        }
      } catch (error) {
        if (!isLost(error)) {
          const problem = refused(this.#shown, error);
          for (const { end } of this.#waiting.values())
            end({ status: 1, signal: null, problem: messageOf(problem) });
          this.#waiting.clear();
          return;
        }
        await ready(
          this.#redis,
          () => this.#closed,
          (why) => this.#io.err(`${this.#shown} ${why}: waiting for it; nothing is lost`),
        );
      }
      await setTimeout(LOOK);
    }
  }

  /** Queues a job, or again where Redis has lost it; ends the trial where it failed for good. */
  async #queueUp(id: string, waiting: Waiting): Promise<void> {
    const known = await this.#queue.getJob(id);
    if (known) {
      waiting.queued = true;
      if (!(await known.isFailed())) return;
      // Its result says why, unless Redis lost that.
      await known.remove();
    }
    const run = sweepPaths(this.#folder).run(waiting.name);
    if (existsSync(paths(run).config)) {
      const { archive, data } = await pack(run);
      await send(this.#redis, trialKeys(id).begun, data);
      waiting.job.begun = archive;
    }
    await this.#queue.add(waiting.name, waiting.job, { jobId: id });
    waiting.queued = true;
  }

  /** A result: of a trial that failed, or a run folder that lands in its place. */
  async #take(id: string, waiting: Waiting, text: string): Promise<void> {
    const { result, made, begun } = trialKeys(id);
    let said: TrialResult | undefined;
    try {
      said = resultSchema.safeParse(JSON.parse(text)).data;
      if (!said) throw new BadBlob('it is not what a worker says');
      if (said.what === 'made') await this.#land(waiting, made, said.archive);
    } catch (error) {
      const bad = error instanceof BadBlob || error instanceof SyntaxError || error instanceof InputError;
      if (!bad) throw error;
      waiting.damaged++;
      this.#io.err(`${waiting.name}: what came from ${said?.worker ?? 'a worker'} is damaged (${messageOf(error)}): it is made again`); // biome-ignore format: one message
      await this.#redis.unlink(result);
      await this.#queue.remove(id).catch(() => 0);
      waiting.queued = false;
      if (waiting.damaged < DAMAGED) return;
      said = { what: 'failed', worker: 'several', problem: `its results are damaged: ${messageOf(error)}` };
    }
    this.#waiting.delete(id);
    if (said.what === 'made') waiting.end({ status: 0, signal: null, problem: '' });
    else waiting.end({ status: 2, signal: null, problem: `${said.problem} (on ${said.worker})` });
    if (said.what === 'made') await forget(this.#redis, made, said.archive);
    if (waiting.job.begun) await forget(this.#redis, begun, waiting.job.begun);
    await this.#redis.unlink(result);
    await this.#queue.remove(id).catch(() => 0);
  }

  async #land(
    { name, job }: Waiting,
    key: string,
    archive: Extract<TrialResult, { what: 'made' }>['archive'],
  ): Promise<void> {
    // biome-ignore format: one signature
    const data = await receive(this.#redis, key, archive);
    const own = join(incoming(this.#folder), randomBytes(6).toString('hex'));
    const trial = this.#manifest.trials.find((each) => each.name === name)!;
    const from = sweepPaths(own).run(name);
    const to = sweepPaths(this.#folder).run(name);
    await onFile(to, async () => {
      try {
        await mkdir(from, { recursive: true });
        await unpack(archive, data, from);
        await checkRun(own, trial);
        const judgements = await readJudgements(from, this.#manifest.judged);
        if (!judgements.some(({ steps }) => steps === job.until))
          throw new BadBlob('it was not judged as asked');
        const old = join(own, 'old');
        if (existsSync(to)) await rename(to, old);
        await rename(from, to);
      } finally {
        await rm(own, { recursive: true, force: true });
      }
    });
  }
}

const incoming = (folder: string) => join(folder, 'sweep', 'incoming');

/** What a stopped process left behind: a run that was taken out of its place and not yet replaced goes back. */
async function mendLanding(folder: string, manifest: Manifest): Promise<void> {
  const names = await readdir(incoming(folder)).catch(() => []);
  for (const name of names) {
    const own = join(incoming(folder), name);
    const old = join(own, 'old');
    if (!existsSync(old)) continue;
    for (const trial of manifest.trials) {
      const to = sweepPaths(folder).run(trial.name);
      if (existsSync(to)) continue;
      const fits = await checkRun(own, { ...trial, name: 'old' }).then(() => true, () => false); // biome-ignore format: one line
      if (fits) await rename(old, to);
      if (fits) break;
    }
  }
}
