/** @file Where a sweep stands: its trials, the best of them, and the time that is left. */
import { existsSync } from 'node:fs';
import { type Judgement, readJudgements } from '../heldout.ts';
import { duration } from '../io.ts';
import { paths, readJson, readMetrics } from '../run-folder.ts';
import { short, textTable } from '../table.ts';
import { isClaimed } from './claims.ts';
import { openTasks, type Standing } from './halving.ts';
import { type Manifest, sweepPaths } from './manifest.ts';
import { type Trial, valueText } from './plan.ts';

/** behind: judged at a rung, and not among those that go on. */
export const trialStates = ['waiting', 'running', 'stopped', 'behind', 'failed', 'done'] as const;

export interface TrialStatus extends Pick<Trial, 'name' | 'changes' | 'seed'> {
  state: (typeof trialStates)[number];
  /** Updates had, and asked for. */
  steps: number;
  of: number;
  /** The last one. */
  judgement?: Judgement;
  /** Seconds of training so far, and an estimate of those left. */
  seconds: number;
  left: number;
  folder: string;
  /** Why it failed. */
  problem?: string;
}

/** Trials that differ in their seed only. */
export interface Group {
  changes: Record<string, unknown>;
  /** Those that are done. */
  trials: string[];
  /** Mean of their errors. */
  error: number;
  /** Sample standard deviation over seeds; absent of one. */
  deviation?: number;
}

export interface SweepStatus {
  folder: string;
  name: string;
  judged: Manifest['judged'];
  counts: Record<TrialStatus['state'], number>;
  /** By their errors, the best first; those of fewer updates after those of more. */
  trials: TrialStatus[];
  best?: Group;
  /** Estimate of the seconds until all is done, with as many at work as now; absent while nobody is, or nothing is known. */
  left?: number;
}

/** @throws InputError when what lies in the folder is damaged */
export async function statusOf(folder: string, manifest: Manifest): Promise<SweepStatus> {
  const trials: TrialStatus[] = [];
  const standings: Standing[] = [];
  for (const trial of manifest.trials) {
    const status = await statusOfTrial(folder, manifest, trial);
    trials.push(status);
    const judgements = await readJudgements(status.folder, manifest.judged);
    const { name, state } = status;
    standings.push({ name, judgements, held: state === 'running', failed: state === 'failed' });
  }
  markBehind(trials, standings, manifest);
  const counts = Object.fromEntries(trialStates.map((state) => [state, 0])) as SweepStatus['counts'];
  for (const { state } of trials) counts[state]++;
  const { name, judged } = manifest;
  const best = groupsOf(trials).find(({ error }) => Number.isFinite(error));
  const left = leftOf(trials);
  trials.sort(
    (a, b) => (b.judgement?.steps ?? 0) - (a.judgement?.steps ?? 0) || errorOf(a) - errorOf(b) || 0,
  );
  return { folder, name, judged, counts, trials, best, left };
}

async function statusOfTrial(folder: string, { judged }: Manifest, trial: Trial): Promise<TrialStatus> {
  const { name, changes, seed, config } = trial;
  const at = sweepPaths(folder);
  const run = at.run(name);
  const of = config.training.steps;
  const judgement = (await readJudgements(run, judged)).at(-1);
  const last = (await readMetrics(run)).at(-1);
  const had = Math.max(last?.step ?? 0, judgement?.ended ?? judgement?.steps ?? 0);
  const seconds = Math.max(last?.seconds ?? 0, judgement?.seconds ?? 0);
  const left = had > 0 ? (seconds / had) * (of - had) : Number.NaN;
  const said = { name, changes, seed, of, steps: had, seconds, left, folder: run, judgement };
  if (judgement?.steps === of) return { ...said, state: 'done' };
  if (await isClaimed(folder, name)) return { ...said, state: 'running' };
  if (existsSync(at.failure(name))) {
    const { problem } = (await readJson(at.failure(name)).catch(() => ({}))) as { problem?: unknown };
    return { ...said, state: 'failed', problem: String(problem ?? 'unknown') };
  }
  return { ...said, state: existsSync(paths(run).config) ? 'stopped' : 'waiting' };
}

/** Trials that halving has judged and leaves where they are. */
function markBehind(trials: TrialStatus[], standings: Standing[], { halving }: Manifest): void {
  if (!halving) return;
  const steps = new Map(trials.map(({ name, of }) => [name, of]));
  const open = new Set(openTasks(standings, (name) => steps.get(name)!, halving).map(({ name }) => name));
  for (const trial of trials) {
    const { judgement } = trial;
    if (trial.state !== 'stopped' || !judgement || open.has(trial.name)) continue;
    // Beyond the rung at which it was judged, it is on its way to the next.
    if (trial.steps <= (judgement.ended ?? judgement.steps)) trial.state = 'behind';
  }
}

const errorOf = ({ judgement }: TrialStatus) =>
  judgement?.error ?? (judgement ? Number.MAX_VALUE : Number.POSITIVE_INFINITY);

/** Trials that are done, grouped over seeds: groups whose every trial is done first, then by their mean error. */
export function groupsOf(trials: readonly TrialStatus[]): Group[] {
  const groups = new Map<string, TrialStatus[]>();
  for (const trial of trials) {
    const key = JSON.stringify(trial.changes);
    groups.set(key, [...(groups.get(key) ?? []), trial]);
  }
  const summaries = [...groups.values()].flatMap((group) => {
    const done = group.filter(({ state }) => state === 'done');
    if (done.length === 0) return [];
    const errors = done.map(({ judgement }) => judgement!.error ?? Number.POSITIVE_INFINITY);
    const error = errors.reduce((a, b) => a + b, 0) / errors.length;
    const squares = errors.reduce((sum, each) => sum + (each - error) ** 2, 0);
    const deviation = errors.length > 1 ? Math.sqrt(squares / (errors.length - 1)) : undefined;
    const { changes } = group[0];
    return [{ whole: done.length === group.length, changes, trials: done.map(({ name }) => name), error, deviation }]; // biome-ignore format: one object
  });
  summaries.sort((a, b) => Number(b.whole) - Number(a.whole) || a.error - b.error);
  return summaries.map(({ whole: _, ...group }) => group);
}

/** Those that wait are taken to need as long as the others, in the mean. */
function leftOf(trials: TrialStatus[]): number | undefined {
  const running = trials.filter(({ state }) => state === 'running').length;
  const rates = trials.flatMap(({ steps, seconds }) => (steps > 0 ? [seconds / steps] : []));
  if (running === 0 || rates.length === 0) return undefined;
  const rate = rates.reduce((a, b) => a + b, 0) / rates.length;
  const open = trials.filter(({ state }) => ['waiting', 'running', 'stopped'].includes(state));
  const work = open.reduce((sum, { left, of }) => sum + (Number.isFinite(left) ? left : rate * of), 0);
  return work / running;
}

/** As a table for people. */
export function statusReport({ name, judged, counts, trials, best, left }: SweepStatus): string[] {
  const { patterns, episodes } = judged;
  const keys = [...new Set(trials.flatMap(({ changes }) => Object.keys(changes)))];
  const said = Object.entries(counts).flatMap(([state, n]) => (n > 0 ? [`${n} ${state}`] : []));
  const head = ['trial', 'state', 'updates', ...keys, 'seed', ...(patterns.length > 1 ? patterns.map((n) => `${n} patterns`) : []), 'error', 'trained']; // biome-ignore format: one list
  const rows = trials.map(({ name: trial, state, steps, of, changes, seed, judgement, seconds }) => [
    trial,
    state,
    `${steps}/${of}`,
    ...keys.map((key) => (key in changes ? valueText(changes[key]) : '')),
    String(seed),
    ...(patterns.length > 1
      ? patterns.map((n) => numberText(judgement?.errors.find((each) => each.patterns === n)?.error))
      : []),
    numberText(judgement?.error),
    seconds > 0 ? duration(seconds) : '',
  ]);
  const lines = [
    `${name}: ${trials.length} trials, ${said.join(', ')}${left === undefined ? '' : `, about ${duration(left)} left`}`,
    `error on the validation split, ${episodes} episodes of ${patterns.join(', ')} patterns`,
    '',
    ...textTable([head, ...rows]),
  ];
  if (best) {
    const { unit } = trials.find(({ judgement }) => judgement)!.judgement!;
    const spread =
      best.deviation === undefined
        ? ''
        : ` (deviation ${short(best.deviation)} over ${best.trials.length} seeds)`;
    const what = Object.entries(best.changes).map(([key, value]) => `${key}=${valueText(value)}`);
    lines.push('', `best: ${short(best.error)} ${unit}${spread}: ${[...what, ...best.trials].join(' ')}`);
  }
  for (const { name: trial, problem } of trials) if (problem) lines.push(`${trial}: ${problem}`);
  return lines;
}

const numberText = (value: number | null | undefined) =>
  value === undefined ? '' : value === null ? 'not finite' : short(value);
