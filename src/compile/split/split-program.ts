/**
 * @file Programs that compute a batch in a fixed number of parts, whatever the threads, and add up their results in the order of the
 * parts: the same numbers on one thread and on many, bit for bit. Parts may as well be computed by other processes (`Parted`).
 */
import * as tf from '@tensorflow/tfjs';
import { sizeOf } from '../graph/graph.ts';
import type { InputSpec, NamedTensors, NamedValues, Parted, PartResult, Program } from '../program/engine.ts';
import { type Trace, trace } from '../trace/trace-backend.ts';
import { addedOf, type Cut, lengthOf, meanName, partSpecs, partValues, type Split } from './split.ts';

/** What computes pieces of a batch, several at once, each in a slot of its own. */
export interface Parts extends Omit<Program, 'run'> {
  /** How many at once. */
  readonly slots: number;
  /** Takes the values that are the same for all pieces from now on. No piece may be under way. */
  begin(shared: NamedValues): void;
  /** Forgets what the slot has added up. */
  clear(slot: number): void;
  /** @param take is handed the outputs, which may be others as soon as it has returned */
  run(slot: number, values: NamedValues, take: (outputs: NamedValues) => void): Promise<void>;
  /** The outputs that are not stacked, added up over the pieces of the slot since it was cleared. They change with the next piece. */
  sums(slot: number): NamedValues;
  /**
   * Computes so many parts, all in one go where that is possible, after `begin`.
   * @param values of the batch, for all of these parts
   * @param take is handed the sums of each part, in their order
   * @returns the stacked outputs
   */
  all?(
    values: NamedValues,
    parts: number,
    take: (k: number, sums: NamedValues) => void,
  ): Promise<NamedValues>;
}

export interface SplitOptions {
  /** Parts that are computed at once. */
  threads: number;
  /** How to cut the batch. @param look traces a piece of so many examples */
  cut(look: (examples: number) => Trace, length: number): Cut;
  /**
   * @param seconds what tracing took
   * @param slots how many pieces at once
   * @param cut pieces of a part: if it is only one, there is nothing to add up within a slot
   */
  makeParts(traced: Trace, specs: Record<string, InputSpec>, seconds: number, slots: number, cut: Cut): Promise<Parts>; // biome-ignore format: one signature
  /** A program for what is to be done with the results of all parts. */
  makeProgram(traced: Trace, specs: Record<string, InputSpec>, seconds: number): Promise<Program>;
}

/** What the program of the whole calls the sums of a part. */
const partName = (k: number, name: string) => `part ${k}:${name}`;

/** Undefined where the batch is best computed as a whole. */
export async function splitProgram(
  split: Split,
  specs: Record<string, InputSpec>,
  { threads, cut: cutOf, makeParts, makeProgram }: SplitOptions,
): Promise<Program | undefined> {
  const started = performance.now();
  const length = lengthOf(split, specs);
  const seen = new Map<number, Trace>();
  const look = (examples: number) => {
    const traced = seen.get(examples) ?? trace(split.part, partSpecs(split, specs, length / examples));
    seen.set(examples, traced);
    return traced;
  };
  const { parts: count, pieces } = cutOf(look, length);
  const all = count * pieces;
  if (all === 1) return undefined;
  const traced = look(length / all);
  const slots = Math.min(threads, count);
  const seconds = (performance.now() - started) / 1000;
  const parts = await makeParts(traced, partSpecs(split, specs, all), seconds, slots, {
    parts: count,
    pieces,
  });
  const added = addedOf(split, traced);
  const stackedNames = Object.keys(parts.outputShapes).filter((name) => !added.includes(name));
  const shapes = added.map((name): [string, readonly number[]] => [name, parts.outputShapes[name]]);
  const merge = await mergeProgram(split, specs, shapes, { parts: count, pieces }, makeProgram);
  const stackedShapes = Object.fromEntries(
    stackedNames.map((name) => {
      const [first, ...rest] = parts.outputShapes[name];
      return [name, [first * all, ...rest]];
    }),
  );

  /** Computes the k-th part in a slot; `take` is handed its sums, which change with the next part of the slot. */
  async function one(
    slot: number,
    values: NamedValues,
    stacked: NamedValues,
    k: number,
    of: number,
    take: (sums: NamedValues) => void,
  ) {
    parts.clear(slot);
    for (let t = 0; t < pieces; t++) {
      const at = k * pieces + t;
      await parts.run(slot, partValues(split, values, of * pieces, at), (outputs) => {
        for (const [name, whole] of Object.entries(stacked))
          (whole as Float32Array).set(outputs[name], at * outputs[name].length);
      });
    }
    take(parts.sums(slot));
  }

  /** Computes `of` parts, whose batch `values` hold, as many at once as there are slots. @param take is handed the sums of each */
  async function several(
    values: NamedValues,
    of: number,
    take: (k: number, sums: NamedValues) => void,
  ): Promise<NamedValues> {
    parts.begin(Object.fromEntries(split.shared.map((name) => [name, values[name]])));
    if (parts.all) return parts.all(values, of, take);
    const stacked: NamedValues = Object.fromEntries(
      Object.entries(stackedShapes).map(([name, shape]) => [
        name,
        new Float32Array((sizeOf(shape) / count) * of),
      ]),
    );
    let next = 0;
    let failed = false;
    const slot = async (i: number) => {
      try {
        while (next < of && !failed) {
          const k = next++;
          await one(i, values, stacked, k, of, (sums) => take(k, sums));
        }
      } catch (error) {
        failed = true;
        throw error;
      }
    };
    // The first slot is this thread, perhaps: the others begin before it is busy.
    const order = Array.from({ length: Math.min(slots, of) }, (_, i) => i).reverse();
    const ended = await Promise.allSettled(order.map(slot));
    for (const end of ended) if (end.status === 'rejected') throw end.reason;
    return stacked;
  }

  /** One after the other: slots and the program of the whole have one memory each. */
  let last: Promise<unknown> = Promise.resolve();
  const alone = <T>(work: () => Promise<T>): Promise<T> => {
    const result = last.then(work);
    last = result.catch(() => undefined);
    return result;
  };

  const parted: Parted = {
    parts: count,
    length: length / count,
    sumShapes: Object.fromEntries(shapes),
    compute: (values) =>
      alone(async () => {
        const [batch] = split.batch;
        const of = values[batch].length / (sizeOf(specs[batch].shape) / count);
        const results: PartResult[] = Array.from({ length: of }, () => ({ sums: {}, stacked: {} }));
        const stacked = await several(values, of, (k, sums) => {
          results[k].sums = copied(sums);
        });
        for (const [k, result] of results.entries())
          for (const [name, values] of Object.entries(stacked))
            result.stacked[name] = values.slice((k * values.length) / of, ((k + 1) * values.length) / of);
        return results;
      }),
    merge: (values, results) =>
      alone(async () => {
        if (results.length !== count)
          throw new Error(`${results.length} results of parts, expected ${count}`);
        for (const [k, { sums }] of results.entries()) merge.take(k, sums);
        const stacked = Object.fromEntries(stackedNames.map((name) => [name, joined(results.map((result) => result.stacked[name]))])); // biome-ignore format: one thought
        return { ...(await merge.run(values)), ...stacked };
      }),
  };
  return {
    run: (values) =>
      alone(async () => {
        const stacked = await several(values, count, merge.take);
        return { ...(await merge.run(values)), ...stacked };
      }),
    parted,
    outputShapes: { ...merge.outputShapes, ...stackedShapes },
    operations: all * parts.operations + merge.operations,
    seconds: {
      trace: parts.seconds.trace + merge.seconds.trace,
      prepare: parts.seconds.prepare + merge.seconds.prepare,
    },
  };
}

/** What makes the outputs of the function of the sums of its parts. */
async function mergeProgram(
  split: Split,
  specs: Record<string, InputSpec>,
  sums: readonly [name: string, shape: readonly number[]][],
  { parts, pieces }: Cut,
  makeProgram: SplitOptions['makeProgram'],
) {
  const started = performance.now();
  const rest = Object.entries(specs).filter(([name]) => !split.batch.includes(name));
  const own: Record<string, InputSpec> = Object.fromEntries(rest);
  for (let k = 0; k < parts; k++) for (const [name, shape] of sums) own[partName(k, name)] = { shape };
  const traced = trace((inputs: NamedTensors) => {
    const means = sums.map(([name]) => {
      let sum = inputs[partName(0, name)];
      for (let k = 1; k < parts; k++) sum = tf.add(sum, inputs[partName(k, name)]);
      return [meanName(name), tf.mul(sum, 1 / (parts * pieces))];
    });
    return split.whole({ ...inputs, ...Object.fromEntries(means) });
  }, own);
  const seconds = { trace: (performance.now() - started) / 1000, prepare: 0 };
  if (Object.keys(traced.outputs).length === 0)
    return { take: () => undefined, run: async () => ({}), outputShapes: {}, operations: 0, seconds };
  const program = await makeProgram(traced, own, seconds.trace);
  let kept: NamedValues = {};
  return {
    outputShapes: program.outputShapes,
    operations: program.operations,
    seconds: program.seconds,
    /** The sums of a part, which may change afterwards. */
    take(k: number, values: NamedValues): void {
      const given = Object.fromEntries(
        Object.entries(values).map(([name, list]) => [partName(k, name), list]),
      );
      if (program.give) program.give(given);
      else Object.assign(kept, copied(given));
    },
    run(values: NamedValues): Promise<NamedValues> {
      const given = kept;
      kept = {};
      return program.run({ ...Object.fromEntries(rest.map(([name]) => [name, values[name]])), ...given });
    },
  };
}

const copied = (values: NamedValues): NamedValues =>
  Object.fromEntries(Object.entries(values).map(([name, list]) => [name, list.slice()]));

function joined(lists: readonly ArrayLike<number>[]): Float32Array {
  const all = new Float32Array(lists.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const list of lists) {
    all.set(list, at);
    at += list.length;
  }
  return all;
}

export function addTo(sum: Float32Array, values: ArrayLike<number>): void {
  for (let i = 0; i < sum.length; i++) sum[i] += values[i];
}
