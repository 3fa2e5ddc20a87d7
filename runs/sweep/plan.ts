/** @file From what a user asks to the trials of a sweep: all of a grid, random draws from ranges, lists, each with some seeds. */
import type { Config } from '../../meta/config.ts';
import { InputError } from '../../src/errors.ts';
import { type Random, stream } from '../../src/random.ts';
import { configure } from '../presets.ts';
import type { Axis, Range } from './axes.ts';

export const MOST_TRIALS = 10_000;

/** Draws of whole numbers and choices come twice; this often one is drawn again before the ranges hold no more. */
const DRAWS_AGAIN = 1000;

export interface Trial {
  /** "trial-001": its run folder in that of the sweep. */
  name: string;
  /** What sets it apart from the others but its seed: dotted keys and their values. */
  changes: Record<string, unknown>;
  seed: number;
  /** Complete, defaults filled in. */
  config: Config;
  /** Shows that this user wrote the configuration here, where it names modules. */
  seal?: string;
}

export interface PlanRequest {
  /** Changes of every trial. */
  set: [key: string, value: unknown][];
  grid: Axis[];
  ranges: Range[];
  /** Draws from the ranges. */
  random?: number;
  /** Trials one by one, each combined with grid and draws. */
  list: Record<string, unknown>[];
  /** Seeds of each. */
  seeds: number;
  /** The first seed, which is also that of the draws; default that of the configuration. */
  seed?: number;
}

/**
 * The trials of `preset`, or of a CONFIG.json: list x draws x grid x seeds, in this order, the last changing fastest.
 * @throws InputError when a key is given twice, a configuration is wrong, or two trials are the same
 */
export async function planTrials(
  preset: string,
  request: PlanRequest,
): Promise<{ name: string; base: Config; trials: Trial[] }> {
  const { set, grid, ranges, random, list, seeds } = request;
  if (ranges.length > 0 && !random) throw new InputError('sweep: --range needs --random N');
  if (random && ranges.length === 0) {
    throw new InputError(
      'sweep: --random needs --range key=low:high, for instance training.learning_rate=0.001:0.01:log',
    );
  }
  const listed = list.length > 0 ? list : [{}];
  checkKeys([...new Set(listed.flatMap(Object.keys)), ...[...grid, ...ranges].map(({ key }) => key)]);
  const count = grid.reduce((n, { values }) => n * values.length, 1) * (random ?? 1) * listed.length * seeds;
  if (count > MOST_TRIALS) throw new InputError(`sweep: ${count} trials, expected at most ${MOST_TRIALS}`);

  const { name, config: base } = await configure(preset, set);
  const first = request.seed ?? base.seed;
  const draws = random ? drawDistinct(ranges, random, stream(first, 'sweep')) : [[]];
  const digits = Math.max(3, String(count).length);
  const trials: Trial[] = [];
  for (const given of listed) {
    for (const drawn of draws) {
      for (const chosen of product(grid)) {
        const changes = [...Object.entries(given), ...drawn, ...chosen];
        for (let seed = first; seed < first + seeds; seed++) {
          const { config } = await configure(preset, [...set, ...changes, ['seed', seed]]);
          const number = String(trials.length + 1).padStart(digits, '0');
          trials.push({ name: `trial-${number}`, changes: Object.fromEntries(changes), seed, config });
        }
      }
    }
  }
  checkDistinct(trials);
  return { name, base, trials };
}

/** "network.width=8 seed=1" */
export const describe = ({ changes, seed }: Pick<Trial, 'changes' | 'seed'>): string =>
  [...Object.entries(changes).map(([key, value]) => `${key}=${valueText(value)}`), `seed=${seed}`].join(' ');

/** A value as a command line has it. */
export const valueText = (value: unknown): string =>
  typeof value === 'string' ? value : JSON.stringify(value);

function drawDistinct(ranges: Range[], count: number, random: Random): [string, unknown][][] {
  const draws = new Map<string, [string, unknown][]>();
  for (let again = 0; draws.size < count; again++) {
    const drawn = ranges.map(({ key, draw }): [string, unknown] => [key, draw(random)]);
    const text = JSON.stringify(drawn);
    if (!draws.has(text)) again = 0;
    else if (again > DRAWS_AGAIN) {
      throw new InputError(
        `--random ${count}: the ranges hold hardly more than ${draws.size} different draws`,
      );
    }
    draws.set(text, drawn);
  }
  return [...draws.values()];
}

function checkKeys(keys: string[]): void {
  const twice = keys.find((key, i) => keys.indexOf(key) !== i);
  if (twice) throw new InputError(`sweep: ${twice} is given twice`);
  const inner = keys.find((key) => keys.some((other) => key.startsWith(`${other}.`)));
  if (inner) throw new InputError(`sweep: ${inner} lies in another key that is given: give only one of them`);
  if (keys.includes('seed')) throw new InputError('sweep: seeds are given by --seeds N (from --seed)');
}

function checkDistinct(trials: Trial[]): void {
  const seen = new Map<string, string>();
  for (const trial of trials) {
    const text = JSON.stringify(trial.config);
    const same = seen.get(text);
    if (same) throw new InputError(`sweep: ${same} and ${trial.name} are the same: ${describe(trial)}`);
    seen.set(text, trial.name);
  }
}

/** All combinations, the last axis changing fastest. */
function product(axes: Axis[]): [string, unknown][][] {
  return axes.reduce<[string, unknown][][]>(
    (all, { key, values }) => all.flatMap((some) => values.map((value) => [...some, [key, value] as [string, unknown]])), // biome-ignore format: one line
    [[]],
  );
}
