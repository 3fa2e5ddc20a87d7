/** @file A worker of a sweep: takes trials that nobody has, makes some at once, and goes on until none is left to make. */
import { existsSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { FileError, writeFileAtomically } from '../../src/files.ts';
import { type Judgement, readJudgements } from '../heldout.ts';
import { type IO, STOP_STATUS } from '../io.ts';
import type { Lease } from '../lease.ts';
import { startProgress } from '../progress.ts';
import { readMetrics } from '../run-folder.ts';
import { short } from '../table.ts';
import { startTrial, type TrialEnd, type TrialProcess } from './child.ts';
import { Claims, isClaimed } from './claims.ts';
import { foreseenUpdates, openTasks, type Standing, type Task } from './halving.ts';
import { type Manifest, sweepPaths } from './manifest.ts';
import { describe, type Trial } from './plan.ts';

/** Milliseconds between looks at signals and own trials, at what others have left to do, and at how far all are. */
const LOOK = { own: 100, others: 1000, progress: 3000 } as const;

/** So often a trial may be killed from outside, by want of memory for instance, before it counts as one that cannot be made. */
const KILLS = 3;

export interface WorkOptions {
  /** Trials at once. */
  jobs: number;
  /** Threads of each. */
  threads: number;
  dataDir?: string;
  tensorboard?: boolean;
  allowModules?: boolean;
  /** What makes a trial; default: a process of this machine. */
  start?: (name: string, until: number) => TrialProcess;
}

export interface WorkEnd {
  /** Trials that failed here, and why. */
  failed: Map<string, string>;
}

/** A trial of this worker. */
interface Own {
  lease: Lease;
  process: TrialProcess;
}

/**
 * Works until every trial is made or cannot be, by this worker or another, or a signal comes; then all own trials have saved
 * and ended.
 * @throws FileError when the folder cannot be written
 */
export async function workOn(
  folder: string,
  manifest: Manifest,
  options: WorkOptions,
  io: IO,
): Promise<WorkEnd> {
  const trials = new Map(manifest.trials.map((trial) => [trial.name, trial]));
  const stepsOf = (name: string) => trials.get(name)!.config.training.steps;
  const claims = new Claims(folder);
  const board = new Board(folder, manifest);
  const own = new Map<string, Own>();
  const kills = new Map<string, number>();
  const failed = new Map<string, string>();
  const running = new Set<Promise<void>>();
  let broken: unknown;

  const make = async ({ name, until }: Task, { lease, process }: Own) => {
    const trial = trials.get(name)!;
    try {
      const end = await process.ended;
      if (isLost(lease)) {
        io.err(`${name} was taken over by another worker while this one was suspended, or its disk was away`);
        return;
      }
      const judgement = await board.judgementOf(name, until);
      if (judgement) {
        await rm(sweepPaths(folder).failure(name), { force: true });
        io.err(`${name}: ${errorText(judgement)} after ${until} updates, ${describe(trial)}`);
      } else if (!io.stopping.signal && !wasStopped(end)) {
        const problem = problemOf(end);
        if (end.status === 1 && problem.startsWith('cannot write')) throw new FileError(problem);
        kills.set(name, (kills.get(name) ?? 0) + (end.signal ? 1 : KILLS));
        if (kills.get(name)! >= KILLS) {
          failed.set(name, problem);
          await writeFailure(folder, name, problem);
        }
        io.err(`${name} ${failed.has(name) ? 'failed' : 'is begun again'}: ${problem}, ${describe(trial)}`);
      }
    } finally {
      own.delete(name);
      lease.release();
    }
  };

  const startMore = async (): Promise<boolean> => {
    const standings = await board.look(own);
    const tasks = openTasks(standings, stepsOf, manifest.halving);
    for (const task of tasks) {
      if (own.size >= options.jobs || io.stopping.signal) break;
      const lease = await claims.take(task.name);
      if (!lease) continue;
      // Made, or given up, by another between the look and the claim.
      if (
        (await board.judgementOf(task.name, task.until)) ||
        existsSync(sweepPaths(folder).failure(task.name))
      ) {
        lease.release();
        continue;
      }
      const { name, until } = task;
      const process = options.start?.(name, until) ?? startTrial(folder, name, { ...options, until }, io);
      const mine = { lease, process };
      own.set(task.name, mine);
      const work = make(task, mine)
        .catch((error) => {
          broken ??= error;
        })
        .finally(() => running.delete(work));
      running.add(work);
    }
    return tasks.length > 0 || standings.some(({ held }) => held);
  };

  const total = manifest.halving
    ? foreseenUpdates(manifest.halving, manifest.trials.length)
    : manifest.trials.reduce((sum, { config }) => sum + config.training.steps, 0);
  const progress = startProgress(io, 'sweep', total, await board.updates());
  let looked = Number.NEGATIVE_INFINITY;
  let pause: number = LOOK.others;
  let told = performance.now();
  let had = 0;
  io.stopping.graceful = true;
  try {
    for (;;) {
      if (io.stopping.signal || broken) {
        for (const { process } of own.values()) process.stop();
        if (own.size === 0) break;
      } else if (own.size < options.jobs && (own.size !== had || performance.now() - looked > pause)) {
        const began = performance.now();
        const more = await startMore();
        looked = performance.now();
        // Of a large sweep on a slow disk, looking is not to be all that is done.
        pause = Math.max(LOOK.others, 5 * (looked - began));
        had = own.size;
        if (!more && own.size === 0) break;
      }
      if (performance.now() - told > LOOK.progress) {
        progress.update(await board.updates(), board.remark());
        told = performance.now();
      }
      await setTimeout(LOOK.own);
    }
  } finally {
    for (const { process } of own.values()) process.stop();
    await Promise.all(running);
    io.stopping.graceful = false;
    progress.stop();
  }
  if (broken) throw broken;
  return { failed };
}

/** What the folder says of all trials; what cannot change any more is read once. */
class Board {
  readonly #folder: string;
  readonly #manifest: Manifest;
  readonly #done = new Map<string, Judgement[]>();
  /** The last judgement of every trial that has one. */
  readonly #last = new Map<string, Judgement>();

  constructor(folder: string, manifest: Manifest) {
    this.#folder = folder;
    this.#manifest = manifest;
  }

  async look(own: ReadonlyMap<string, unknown>): Promise<Standing[]> {
    const at = sweepPaths(this.#folder);
    // Three folders are read instead of as many files as there are trials.
    const begun = await namesIn(this.#folder);
    const claimed = await namesIn(at.claims);
    const failed = await namesIn(dirname(at.failure('')));
    const standings: Standing[] = [];
    for (const trial of this.#manifest.trials) {
      const { name } = trial;
      const judgements = begun.has(name) ? await this.#judgements(trial) : [];
      const open = !this.#done.has(name);
      const held = open && (own.has(name) || (claimed.has(name) && (await isClaimed(this.#folder, name))));
      standings.push({ name, judgements, held, failed: open && failed.has(basename(at.failure(name))) });
    }
    return standings;
  }

  async judgementOf(name: string, until: number): Promise<Judgement | undefined> {
    const run = sweepPaths(this.#folder).run(name);
    return (await readJudgements(run, this.#manifest.judged)).find(({ steps }) => steps === until);
  }

  /** Updates that all trials together have had. */
  async updates(): Promise<number> {
    let sum = 0;
    const begun = await namesIn(this.#folder);
    for (const trial of this.#manifest.trials) {
      if (!begun.has(trial.name)) continue;
      await this.#judgements(trial);
      if (this.#done.has(trial.name)) sum += trial.config.training.steps;
      else {
        // Lines of metrics are further apart than rungs may be.
        const logged = (await readMetrics(sweepPaths(this.#folder).run(trial.name))).at(-1)?.step ?? 0;
        sum += Math.max(logged, this.#last.get(trial.name)?.steps ?? 0);
      }
    }
    return sum;
  }

  /** How many are made, where trials are judged before that also how many were; and the least error of those that have had most updates. */
  remark(): string {
    const { halving, trials } = this.#manifest;
    const judged = [...this.#last.values()];
    const most = halving ? Math.max(...judged.map(({ steps }) => steps)) : undefined;
    const compared = halving
      ? judged.filter(({ steps }) => steps === most)
      : [...this.#done.values()].map((judgements) => judgements.at(-1)!);
    const errors = compared.flatMap(({ error }) => (error === null ? [] : [error]));
    const after = halving ? ` after ${most} updates` : '';
    const best = errors.length > 0 ? `  best ${short(Math.min(...errors))} ${compared[0].unit}${after}` : '';
    const made = `${this.#done.size}/${trials.length} trials`;
    return halving
      ? `${judged.length}/${trials.length} trials judged, ${this.#done.size} to the end${best}`
      : `${made}${best}`;
  }

  async #judgements({ name, config }: Trial): Promise<Judgement[]> {
    const known = this.#done.get(name);
    if (known) return known;
    const judgements = await readJudgements(sweepPaths(this.#folder).run(name), this.#manifest.judged);
    if (judgements.length > 0) this.#last.set(name, judgements.at(-1)!);
    if (judgements.some(({ steps }) => steps === config.training.steps)) this.#done.set(name, judgements);
    return judgements;
  }
}

/** Taken over meanwhile: what became of it is another's to say. */
function isLost(lease: Lease): boolean {
  try {
    lease.check();
    return false;
  } catch (error) {
    if (error instanceof FileError) return true;
    throw error;
  }
}

const namesIn = async (folder: string) => new Set(await readdir(folder).catch(() => []));

const errorText = ({ error, unit }: Judgement) =>
  error === null ? 'an error that is not finite' : `${short(error)} ${unit}`;

/** Asked to end by somebody else: it stands where it was, and can be gone on with. */
const wasStopped = ({ status }: TrialEnd) => Object.values(STOP_STATUS).some((stop) => stop === status);

const problemOf = ({ problem, signal, status }: TrialEnd) =>
  signal ? `killed by ${signal}` : problem || `ended with status ${status}`;

async function writeFailure(folder: string, name: string, problem: string): Promise<void> {
  await writeFileAtomically(sweepPaths(folder).failure(name), `${JSON.stringify({ problem }, null, 1)}\n`);
}
