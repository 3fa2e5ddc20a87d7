/** @file Where the time of updates went, by kind of step, on all threads: `ebmm train --profile`. */
import { availableParallelism } from 'node:os';
import type { Engine } from '../src/compile/index.ts';
import { cyclesNow } from '../src/compile/native/profile.ts';
import { groupOf, kindsText, type TimeShares, timeShares } from '../src/compile/native/time-shares.ts';
import { Profile } from '../src/compile/program/profile.ts';
import { nanosecondsNow } from '../src/compile/wasm/clocks.ts';
import { InputError } from '../src/errors.ts';
import { textTable } from './table.ts';

export interface UpdateTimes extends TimeShares {
  /** What ran them: `avx512`, `avx2` or `wasm`. */
  engine: string;
  threads: number;
  /** Updates that were measured, without the making of their programs. */
  updates: number;
  /** Milliseconds of an update, which looks at the clock before and after every step. */
  ms: number;
}

export class UpdateProfile {
  /** For the engine: `compiledEngine({ profile })`. */
  readonly clocks = new Profile();
  readonly #ticks: Record<string, number> = {};
  #now = cyclesNow;
  #updates = 0;
  #ms = 0;
  #wall = 0;

  /** @throws InputError for an engine without clocks */
  checkEngine({ name, kernels }: Engine): void {
    const target = kernels?.target ?? name;
    if (target === 'wasm') this.#now = nanosecondsNow;
    else if (!target.startsWith('avx'))
      throw new InputError(
        `--profile: ${target} has no clocks around its steps: expected --engine avx512 or avx2, on a machine that has it, or wasm`,
      );
  }

  /**
   * To be asked when programs have been made.
   * @throws InputError when one of them, or a part, is run by another engine, as this one could not write it
   */
  checkPrograms(): void {
    if (this.clocks.missed)
      throw new InputError(
        '--profile: not all of an update of this network can be run by the engine that has clocks around its steps: expected no --profile',
      );
  }

  /** Measures an update; one that throws does not count. */
  async around<Report>(update: () => Promise<Report>): Promise<Report> {
    // Validations use the same clocks.
    this.clocks.take();
    const [begun, started] = [this.#now(), performance.now()];
    const report = await update();
    this.#wall += this.#now() - begun;
    this.#ms += performance.now() - started;
    for (const [kind, ticks] of Object.entries(this.clocks.take()))
      this.#ticks[kind] = (this.#ticks[kind] ?? 0) + ticks;
    this.#updates++;
    return report;
  }

  /** Undefined before the first update. */
  times({ kernels, threads = availableParallelism() }: Engine): UpdateTimes | undefined {
    if (this.#updates === 0) return undefined;
    return {
      engine: kernels!.target,
      threads,
      updates: this.#updates,
      ms: this.#ms / this.#updates,
      ...timeShares(this.#ticks, threads * this.#wall),
    };
  }
}

/** For people: a line of what was measured, and a table. */
export function updateTimesText({ engine, threads, updates, ms, ...shares }: UpdateTimes): string[] {
  const steps = (group: string) => kindsText(Object.fromEntries(Object.entries(shares.kinds).filter(([kind]) => groupOf(kind) === group))); // biome-ignore format: one thought
  const rows = (['products', 'entrywise', 'memory', 'waiting'] as const).map((group) => ({
    cells: [
      group === 'waiting' ? 'waiting, JavaScript' : group,
      `${shares[group].toFixed(1)}%`,
      ((ms * shares[group]) / 100).toFixed(2),
    ],
    steps: steps(group),
  }));
  const [head, ...lines] = textTable([
    ['kind of step', 'of the time', 'ms'],
    ...rows.map(({ cells }) => cells),
  ]);
  const of = threads > 1 ? `the time of ${threads} threads` : 'the time';
  return [
    `where ${of} went (${engine}, ${updates} updates, ${ms.toFixed(2)} ms each):`,
    head,
    ...lines.map((line, i) => (rows[i].steps ? `${line}  ${rows[i].steps}` : line)),
  ];
}
