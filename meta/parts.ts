/**
 * @file An update in equal parts of its batch: what one part gives, wherever it was computed, and what all of them make together. A part
 * is given by the parameters, the number of the update and its place, because episodes are drawn from seeds.
 */
import type { NamedValues, Program } from '../src/compile/index.ts';
import { InputError } from '../src/errors.ts';
import type { BatchPart, Draw, Learner } from './learner.ts';

/** What training needs to know of one part of an update. */
export interface PartOutcome {
  /** Gradients and loss, added up over the part: the shapes of `Program.parted.sumShapes`. */
  sums: NamedValues;
  /** Errors of the part, as `Draw.measure` gives them. */
  error: number;
  queryError: number;
}

/** An update whose parts are wanted. */
export interface PartsWanted {
  update: number;
  /** Patterns in an episode. */
  patterns: number;
  /** That of the load, with `parted`. */
  program: Program;
  /** `p:NAME` of every parameter. */
  parameters: NamedValues;
}

/** Computes all parts of an update, in whichever processes, and returns them in their order. */
export type PartsElsewhere = (wanted: PartsWanted) => Promise<PartOutcome[]>;

/** Training was asked to stop while an update was waiting for its parts: the update was not made. */
export class Stopped extends Error {}

/** `draw` of every part of an update. */
export const drawParts = (learner: Learner, update: number, parts: number): Draw[] =>
  Array.from({ length: parts }, (_, k) => learner.draw(update, { k, of: parts }));

/** The mean over parts of what each measured of its own outputs, added up in their order. */
export function meanOf(measured: readonly { error: number; queryError: number }[]) {
  const mean = (key: 'error' | 'queryError') =>
    measured.reduce((sum, each) => sum + each[key], 0) / measured.length;
  return { error: mean('error'), queryError: mean('queryError') };
}

/** Computes some parts of an update in this process, as many at once as the engine has threads. */
export async function computeParts(
  learner: Learner,
  { update, program, parameters }: PartsWanted,
  which: readonly number[],
): Promise<PartOutcome[]> {
  const { parted } = program;
  if (!parted) throw new InputError(NOT_PARTED);
  const draws = which.map((k) => learner.draw(update, { k, of: parted.parts }));
  const results = await parted.compute({ ...parameters, ...joinedValues(draws.map(({ values }) => values)) });
  return results.map(({ sums, stacked }, i) => ({ sums, ...draws[i].measure(stacked) }));
}

export const NOT_PARTED =
  'this engine computes a batch as a whole, expected the compiled engine on the processor and at least 2 parts';

/** Lists of the same names, one behind the other. */
export function joinedValues(all: readonly NamedValues[]): NamedValues {
  if (all.length === 1) return all[0];
  return Object.fromEntries(
    Object.keys(all[0]).map((name) => {
      const joined = new Float32Array(all.reduce((sum, values) => sum + values[name].length, 0));
      let at = 0;
      for (const values of all) {
        joined.set(values[name], at);
        at += values[name].length;
      }
      return [name, joined];
    }),
  );
}

/** The part of every list that belongs to a part of the batch. */
export const partOf = (values: NamedValues, names: readonly string[], { k, of }: BatchPart): NamedValues =>
  Object.fromEntries(
    names.map((name) => {
      const size = values[name].length / of;
      return [name, values[name].subarray(k * size, (k + 1) * size)];
    }),
  );
