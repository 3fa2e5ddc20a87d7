/**
 * @file Slow forms of a framework cost most of a comparison's time, and nothing depends on them but their own rows: one that is certainly not
 * the best stops after its first steps, and is not run again where an earlier run, on the same machine with the same versions, found it far from the best.
 */
import {
  dayOf,
  type Framework,
  isMeasured,
  type Measured,
  median,
  type Origin,
  type ProblemResult,
  type Row,
} from './results.ts';

/** A form has lost when its fastest step is so many times the median of the best form of its framework, after so many steps. */
const LOST = [
  { times: 2, steps: 1 },
  { times: 1.5, steps: 3 },
];
/** So many times the best of its framework it is not run again. */
export const FAR = 2;

interface Timed {
  framework: Framework;
  times: readonly number[];
}

/** @returns how many times slower than the best form of its framework one is that has certainly lost; undefined for others */
export function lostBy(entry: Timed, all: readonly Timed[]): number | undefined {
  const { framework, times } = entry;
  if (times.length === 0) return undefined;
  const rivals = all.filter((other) => other.framework === framework && other.times.length > 0);
  const best = Math.min(...rivals.map((other) => median(other.times)));
  const ratio = Math.min(...times) / best;
  return LOST.some((bar) => times.length >= bar.steps && ratio > bar.times)
    ? median(times) / best
    : undefined;
}

/** What earlier runs found. */
export interface Earlier {
  /** With the same engine, on the same machine with the same versions. */
  own?: ProblemResult;
  /** With the fastest engine. */
  other?: ProblemResult;
}

/**
 * @param compileLimit seconds
 * @returns the row of a form that need not be run again
 */
export function knownRow(
  { framework, form }: { framework: Framework; form: string },
  { own, other }: Earlier,
  compileLimit: number,
): Row | undefined {
  const of = (result?: ProblemResult) =>
    result?.rows.find((row) => row.framework === framework && row.form === form);
  for (const result of [own, other]) {
    const row = of(result);
    if (!result || !row) continue;
    const elsewhere = result === own ? '' : ' with the fastest engine';
    if (!isMeasured(row)) {
      // A reason that was itself taken over names its day already.
      if (row.limit !== undefined && row.limit >= compileLimit)
        return {
          ...row,
          failure: result === own ? row.failure : `${row.failure}${elsewhere}, ${dayOf(result)}`,
        };
      continue;
    }
    const times = row.median / bestOf(result, framework);
    if (times <= FAR) return undefined;
    if (result === own) return { ...row, earlier: row.earlier ?? dayOf(result) };
    return { framework, form, failure: `not run: ${times.toFixed(1)} times the best form of its framework${elsewhere}, ${row.earlier ?? dayOf(result)}` }; // biome-ignore format: one thought
  }
  return undefined;
}

function bestOf({ rows }: ProblemResult, framework: Framework): number {
  const measured = rows.filter((row): row is Measured => row.framework === framework && isMeasured(row));
  return Math.min(...measured.map((row) => row.median));
}

/** Whether two were measured with the same: machine, and all versions that both know. */
export const sameOrigin = (
  a: Pick<Origin, 'machine' | 'versions'>,
  b: Pick<Origin, 'machine' | 'versions'>,
  of: readonly string[],
) =>
  a.machine.cpu === b.machine.cpu &&
  a.machine.cores === b.machine.cores &&
  of.every((name) => a.versions[name] === b.versions[name]);
