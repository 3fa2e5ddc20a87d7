/**
 * @file Successive halving, asynchronous (ASHA: Li et al. 2020, "A System for Massively Parallel Hyperparameter Tuning"): all
 * trials begin, are judged at rungs of ever more updates, and of those judged at a rung the best part goes on to the next.
 */
import { z } from 'zod';
import { InputError } from '../../src/errors.ts';
import type { Judgement } from '../heldout.ts';

export const halvingSchema = z.strictObject({
  /** Of the trials judged at a rung, one in so many goes on. */
  factor: z.number().min(1.1).max(100),
  /** Updates at which trials are judged; the last is all of them. */
  rungs: z.array(z.int().min(1)).min(2),
});
export type Halving = z.output<typeof halvingSchema>;

/** A trial as it stands, as far as that decides what comes next. */
export interface Standing {
  name: string;
  /** By ever more updates. */
  judgements: Judgement[];
  /** Somebody works on it. */
  held?: boolean;
  /** It cannot be made. */
  failed?: boolean;
}

/** A trial to be trained until it has had so many updates, then judged. */
export interface Task {
  name: string;
  until: number;
}

/**
 * Rungs of `steps` updates: each `factor` times the one before, the last being all.
 * @param first updates of the first rung; default such that of all trials about one reaches the last
 * @throws InputError when there is no room for two rungs
 */
export function rungsOf(steps: number, trials: number, factor: number, first?: number): number[] {
  const levels = Math.max(1, Math.floor(Math.log(trials) / Math.log(factor) + 1e-9));
  const least = first ?? Math.max(1, Math.round(steps / factor ** levels));
  const rungs: number[] = [];
  for (let rung = steps; Math.round(rung) >= least; rung /= factor) rungs.unshift(Math.round(rung));
  const distinct = [...new Set(rungs)];
  if (distinct.length < 2) {
    throw new InputError(
      `sweep: --halving leaves one rung of ${steps} updates: expected fewer --first, more updates or more trials`,
    );
  }
  return distinct;
}

/** Updates of all trials together: at every rung one in `factor` goes on, and one trial goes to the end. */
export function foreseenUpdates({ rungs, factor }: Halving, trials: number): number {
  let left = trials;
  return rungs.reduce((sum, rung, k) => {
    if (k > 0) left = Math.max(1, Math.floor(left / factor));
    return sum + left * (rung - (rungs[k - 1] ?? 0));
  }, 0);
}

const at = ({ judgements }: Standing, rung: number) => judgements.find(({ steps }) => steps === rung);
/** What is not finite is behind everything. */
const errorAt = (standing: Standing, rung: number) => at(standing, rung)?.error ?? Number.POSITIVE_INFINITY;

/** Those judged at a rung, the best first; of equals, the first in the manifest. */
function ranked(standings: readonly Standing[], rung: number): Standing[] {
  return standings
    .filter((standing) => at(standing, rung))
    .map((standing, i) => ({ standing, i }))
    .sort((a, b) => errorAt(a.standing, rung) - errorAt(b.standing, rung) || a.i - b.i)
    .map(({ standing }) => standing);
}

const next = (a: Standing, rungs: readonly number[]) => rungs.find((rung) => !at(a, rung));

/**
 * What may be worked on now, the most promising first. Without halving: every trial that is not done.
 * @param steps updates of a whole trial
 */
export function openTasks(
  standings: readonly Standing[],
  steps: (name: string) => number,
  halving?: Halving,
): Task[] {
  const free = ({ held, failed }: Standing) => !held && !failed;
  if (!halving) {
    return standings
      .filter((standing) => free(standing) && !at(standing, steps(standing.name)))
      .map(({ name }) => ({ name, until: steps(name) }));
  }
  const { rungs, factor } = halving;
  const tasks: Task[] = [];
  for (let k = rungs.length - 2; k >= 0; k--) {
    const judged = ranked(standings, rungs[k]);
    for (const standing of judged.slice(0, Math.floor(judged.length / factor))) {
      if (
        free(standing) &&
        next(standing, rungs) === rungs[k + 1] &&
        Number.isFinite(errorAt(standing, rungs[k]))
      ) {
        tasks.push({ name: standing.name, until: rungs[k + 1] });
      }
    }
  }
  for (const standing of standings) {
    if (free(standing) && !at(standing, rungs[0])) tasks.push({ name: standing.name, until: rungs[0] });
  }
  if (tasks.length > 0) return tasks;
  // Too few for the share of a rung: when nobody is at work, the best of the highest one goes on, so that one trial is whole.
  if (standings.some(({ held }) => held) || standings.some((s) => at(s, rungs.at(-1)!))) return [];
  for (let k = rungs.length - 2; k >= 0; k--) {
    const best = ranked(standings, rungs[k]).find(free);
    if (best && Number.isFinite(errorAt(best, rungs[k]))) return [{ name: best.name, until: rungs[k + 1] }];
  }
  return [];
}
