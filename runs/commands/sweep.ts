/** @file `ebmm sweep PRESET|CONFIG.json --out DIR`: many trials in one folder, by any number of processes and machines. */
import { rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { InputError } from '../../src/errors.ts';
import { checkWritable } from '../../src/files.ts';
import { type DataOptions, sourceOf } from '../data-options.ts';
import { numbersHelp } from '../glossary.ts';
import { type IO, STOP_STATUS } from '../io.ts';
import { collect, dataOption, type EngineChoice, engineOf, engineOptions, jsonOption, positive, positiveNumber, positives, seedOption, taskOption } from '../options.ts'; // biome-ignore format: one import
import type { Provenance } from '../run-folder.ts';
import {
  checkTrust,
  isSweep,
  type Manifest,
  openSweep,
  readManifest,
  sweepPaths,
} from '../sweep/manifest.ts';
import { describe } from '../sweep/plan.ts';
import { type Asked, askedKeys, checkTrials, EPISODES, FACTOR, prepare } from '../sweep/prepare.ts';
import { checkSbatch, submit, wordsOf } from '../sweep/slurm.ts';
import { statusOf, statusReport } from '../sweep/status.ts';
import { watchStatus } from '../sweep/watch.ts';
import { workOn } from '../sweep/work.ts';
import { RemoteTrials } from '../workers/remote-trials.ts';

/** Trials that are queued at once. */
const QUEUED = 64;
/** Workers of a job array, at most, where their number is not given. */
const WORKERS = 16;

export interface SweepCommand extends Asked, DataOptions, EngineChoice {
  /** A preset, a CONFIG.json, or the folder of a sweep. */
  what?: string;
  out?: string;
  jobs?: number;
  /** Write TensorBoard's event files of every trial. */
  tensorboard?: boolean;
  status?: boolean;
  /** Keep showing it. */
  watch?: boolean;
  /** Say what the trials are, and end. */
  dryRun?: boolean;
  /** Try those again that could not be made. */
  retry?: boolean;
  /** Submit workers to Slurm instead of being one, with these options of sbatch. */
  slurm?: boolean | string;
  /** How many. */
  array?: number;
  /** Address of a Redis through which workers make the trials. */
  queue?: string;
  json?: boolean;
  allowModules?: boolean;
  /** Options of the engine that were given, not filled in. */
  given?: string[];
  provenance: Provenance;
}

/**
 * @returns the exit status
 * @throws InputError on bad input, FileError when the folder cannot be written
 */
export async function sweepCommand(options: SweepCommand, io: IO): Promise<number> {
  const { what, out } = options;
  const known = what !== undefined && isSweep(resolve(what));
  if (options.slurm) sbatchOf(options.slurm);
  else if (options.array) throw new InputError('sweep: --array needs --slurm; processes here: --jobs');
  if (options.status || known) {
    checkNothingAsked(options);
    if (what && out) throw new InputError('sweep: either DIR or --out DIR, not both');
    const given = what ?? out;
    if (!given) throw new InputError('sweep: which folder? ebmm sweep DIR --status');
    const folder = resolve(given);
    const manifest = await readManifest(folder);
    if (options.status) return tell(folder, manifest, options, io);
    checkEngine(manifest, options);
    await checkTrust(folder, manifest);
    await checkTrials(manifest, options, io);
    return goOn(folder, manifest, options, io);
  }
  if (!what) throw new InputError('sweep: which preset, CONFIG.json or folder of a sweep?');
  const planned = await prepare(what, options, io);
  if (options.dryRun) return showPlan(planned, options, io);
  if (!out) throw new InputError('sweep: --out DIR is missing: the folder of the sweep');
  const folder = resolve(out);
  await checkWritable(sweepPaths(folder).manifest);
  return goOn(folder, await openSweep(folder, planned), options, io);
}

/** Options that say what is to be done have no meaning where that is written down. */
function checkNothingAsked(options: SweepCommand): void {
  const wrong = askedKeys.find((key) => options[key] !== undefined);
  if (!wrong) return;
  throw new InputError(
    `sweep: --${wrong} belongs to PRESET or CONFIG.json --out DIR; the folder of a sweep has it written down`,
  );
}

function checkEngine({ engine }: Manifest, { given = [], ...options }: SweepCommand): void {
  for (const key of ['engine', 'device', 'products'] as const) {
    if (!given.includes(key) || options[key] === engine[key]) continue;
    throw new InputError(
      `sweep: its trials are made with --${key} ${engine[key]}, so that they compare, not with ${options[key]}`,
    );
  }
}

async function goOn(folder: string, manifest: Manifest, options: SweepCommand, io: IO): Promise<number> {
  const { dataDir, allowModules = false, retry, slurm, queue } = options;
  if (slurm && queue) throw new InputError('sweep: either --slurm or --queue');
  const jobs = options.jobs ?? (queue === undefined ? 1 : QUEUED);
  const { name, trials, made_with, engine } = manifest;
  const { ebmm } = options.provenance;
  if (made_with.ebmm !== ebmm) {
    io.err(`this sweep was begun by ebmm ${made_with.ebmm}, and this is ${ebmm}: its trials may not compare`);
  }
  if (retry) await Promise.all(trials.map((trial) => rm(sweepPaths(folder).failure(trial.name), { force: true }))); // biome-ignore format: one line
  if (slurm) return submitTo(folder, manifest, slurm, options, io);
  // Whether there is such an engine here.
  await engineOf({ ...engine, threads: options.threads });
  const threads = options.threads ?? Math.max(1, Math.floor(coresOf(io) / jobs));
  const { counts } = await statusOf(folder, manifest);
  const remote = queue
    ? await RemoteTrials.open(folder, manifest, queue, sourceOf(options, io), io)
    : undefined;
  const by = remote ? `made by who runs: ebmm worker ${remote.shown}` : `${threads} ${threads === 1 ? 'thread' : 'threads'} each`; // biome-ignore format: one line
  io.err(`${name}: ${trials.length} trials, ${counts.done} done; ${jobs} at once, ${by}; ${folder}`);
  const { tensorboard } = options;
  const directory = dataDir && resolve(dataDir);
  const work = { jobs, threads, dataDir: directory, tensorboard, allowModules, start: remote?.start };
  await workOn(folder, manifest, work, io).finally(() => remote?.close());
  const { signal } = io.stopping;
  await tell(folder, manifest, { json: options.json }, io);
  if (signal) {
    io.err(`stopped; go on with: ebmm sweep ${folder}${remote ? ` --queue ${remote.shown}` : ''}`);
    return STOP_STATUS[signal];
  }
  const { failed } = (await statusOf(folder, manifest)).counts;
  if (failed > 0) io.err(`${failed} failed; try them again with: ebmm sweep ${folder} --retry`);
  return failed > 0 ? 1 : 0;
}

/** Of a job of Slurm those that it was given, whether or not the system keeps it to them. */
function coresOf({ env }: IO): number {
  const given = Number(env.SLURM_CPUS_ON_NODE);
  return given > 0 ? Math.min(given, availableParallelism()) : availableParallelism();
}

async function submitTo(
  folder: string,
  { trials }: Manifest,
  slurm: boolean | string,
  { jobs = 1, array, threads, dataDir, tensorboard, allowModules, json }: SweepCommand,
  io: IO,
): Promise<number> {
  const { job, script } = await submit(folder, {
    workers: array ?? Math.min(WORKERS, Math.ceil(trials.length / jobs)),
    sbatch: sbatchOf(slurm),
    ...{ jobs, threads, dataDir: dataDir && resolve(dataDir), tensorboard, allowModules },
  });
  if (json) io.out(JSON.stringify({ folder, slurm: { job, script } }));
  else io.out(`submitted as job ${job}: ${script}; see how it goes with: ebmm sweep ${folder} --status`);
  return 0;
}

function sbatchOf(slurm: boolean | string): string[] {
  const words = typeof slurm === 'string' ? wordsOf(slurm) : [];
  checkSbatch(words);
  return words;
}

async function tell(
  folder: string,
  manifest: Manifest,
  { json, status, watch }: Pick<SweepCommand, 'json' | 'status' | 'watch'>,
  io: IO,
): Promise<number> {
  if (status && !json) await watchStatus(folder, manifest, watch, io);
  const stands = await statusOf(folder, manifest);
  if (json) io.out(JSON.stringify(stands));
  else for (const line of statusReport(stands)) io.out(line);
  return 0;
}

function showPlan({ judged, halving, trials }: Manifest, { json }: SweepCommand, io: IO): number {
  if (json) io.out(JSON.stringify({ judged, halving, trials }));
  else {
    for (const { name, changes, seed } of trials) io.out(`${name}  ${describe({ changes, seed })}`);
    if (halving) io.out(`rungs: ${halving.rungs.join(', ')} updates; one in ${halving.factor} goes on`);
  }
  return 0;
}

export function addSweepCommand(
  program: Command,
  io: IO,
  provenance: Provenance,
  finish: (status: number) => void,
): void {
  engineOptions(
    program
      .command('sweep')
      .argument('[what]', 'a preset or a CONFIG.json; or the folder of a sweep, to go on with it or to join in')
      .option('--out <dir>', 'folder of the sweep; one that has the same sweep is joined')
      .option('--grid <key=values>', 'try all, for instance network.width=8,16; again for more keys', collect)
      .option('--random <n>', 'draw so many times from the ranges', positive)
      .option('--range <key=low:high>', 'with --random; :log after it for a logarithmic scale, or key=a,b to choose', collect) // biome-ignore format: one line
      .option('--plan <file>', 'grid, ranges, list and the rest as JSON')
      .option('--seeds <n>', 'seeds of each (default: 1)', positive)
      .option('--set <key=value>', 'change a key of all trials', collect)
      .addOption(taskOption('patterns of your own to train on'))
      .option('--network <file>', 'an energy network of your own, from a TypeScript or JavaScript file')
      .option('--steps <n>', 'updates of every trial', positive)
      .option('--patterns <list>', 'loads whose mean error on the validation split decides (default: as trained)', positives) // biome-ignore format: one line
      .option('--episodes <n>', `validation episodes at each load (default: ${EPISODES})`, positive)
      .option('--halving [factor]', `stop what is behind: of the trials at each rung one in so many goes on (default: ${FACTOR})`, positiveNumber) // biome-ignore format: one line
      .option('--first <n>', 'with --halving: updates of the first rung', positive)
      .option('--jobs <n>', `trials at once on this machine (default: 1), or in the queue (default: ${QUEUED})`, positive)
      .option('--slurm [options]', "submit workers to Slurm, with options of sbatch: --slurm='--partition=long --time=8:00:00'") // biome-ignore format: one line
      .option('--array <n>', `with --slurm: how many (default: one for every --jobs trials, at most ${WORKERS})`, positive) // biome-ignore format: one line
      .option('--tensorboard', "write TensorBoard's event files too, with its table of hyperparameters")
      .option(
        '--queue <redis>',
        'workers make the trials: those of ebmm worker redis://HOST, without a shared folder',
      )
      .option('--retry', 'try those again that failed')
      .option('--dry-run', 'say what the trials are, and do nothing')
      .option('--status', 'only show where the sweep stands; in a terminal, until it ends')
      .option('--watch', 'with --status: show it until it ends')
      .option('--no-watch', 'with --status: show it once')
      .addOption(seedOption('the first seed of training, and that of the draws')),
  )
    .addOption(dataOption())
    .addOption(jsonOption())
    .addHelpText('after', numbersHelp('state of a trial', 'updates', 'error of a trial', 'trained'))
    .action(async (what: string | undefined, options, command: Command) => {
      const given = Object.keys(options).filter((key) => command.getOptionValueSource(key) === 'cli');
      const { allowModules } = program.opts();
      // Commander has --watch be true where only --no-watch is known of.
      const watch = given.includes('watch') ? options.watch : undefined;
      const status = await sweepCommand({ ...options, what, watch, given, allowModules, provenance }, io);
      if (status) finish(status);
    });
}
