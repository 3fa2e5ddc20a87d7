/** @file Programs that compute a batch in parts, several at once and where it pays one after the other. */
import type { InputSpec, NamedValues, Program } from './engine.ts';
import { type Node, sizeOf } from './graph.ts';
import { meanName, partSpecs, partsOf, partValues, type Split } from './split.ts';
import { type Trace, trace } from './trace-backend.ts';

/** What computes parts of a batch, each in one of several threads. */
export interface Parts extends Omit<Program, 'run'> {
  /** Takes the values that are the same for all parts from now on, and forgets the sums. No part may be under way. */
  begin(shared: NamedValues): void;
  /**
   * Parts of one thread are computed in the order in which they come.
   * @param take is handed the stacked outputs, which may be others as soon as it has returned
   */
  run(thread: number, values: NamedValues, take: (outputs: NamedValues) => void): Promise<void>;
  /** The other outputs, added up over the parts of each thread. */
  sums(): Record<string, Float32Array>[];
}

export interface SplitOptions {
  /** Threads in all. */
  threads: number;
  /** Examples in the part that is traced first, of the examples that a thread has; the whole of them by default. */
  firstLook?: (length: number) => number;
  /** Into how many parts, one after the other, the examples of a thread are cut. */
  turns(traced: Trace, batch: readonly Node[], length: number): number;
  /** @param seconds what tracing took */
  makeParts(traced: Trace, specs: Record<string, InputSpec>, seconds: number, atOnce: number): Promise<Parts>;
  /** A program for what is to be done with the results of all parts. */
  makeProgram(traced: Trace, specs: Record<string, InputSpec>, seconds: number): Promise<Program>;
}

/** Undefined where the batch is best computed as a whole. */
export async function splitProgram(
  split: Split,
  specs: Record<string, InputSpec>,
  { threads, firstLook = (length) => length, turns: turnsOf, makeParts, makeProgram }: SplitOptions,
): Promise<Program | undefined> {
  const started = performance.now();
  const atOnce = partsOf(split, specs, threads);
  const length = (specs[split.batch[0]]?.shape[0] ?? 1) / atOnce;
  const looked = length / firstLook(length);
  let own = partSpecs(split, specs, atOnce * looked);
  let traced: Trace = trace(split.part, own);
  const cut = split.batch.map((name) => traced.inputs[name]);
  const turns = turnsOf(traced, cut, length);
  const parts = atOnce * turns;
  if (parts === 1) return undefined;
  if (turns !== looked) {
    own = partSpecs(split, specs, parts);
    traced = trace(split.part, own);
  }
  const part = await makeParts(traced, own, (performance.now() - started) / 1000, atOnce);
  const merge = await mergeProgram(split, specs, part, makeProgram);
  const results = new Stacked(split, part.outputShapes, parts);
  async function run(values: NamedValues): Promise<NamedValues> {
    part.begin(Object.fromEntries(split.shared.map((name) => [name, values[name]])));
    const running: Promise<void>[] = [];
    const start = (k: number) => {
      const take = (outputs: NamedValues) => results.take(k, outputs);
      running.push(part.run(k % atOnce, partValues(split, values, parts, k), take));
    };
    // The first thread is this one, perhaps: the others are asked before it is busy.
    for (let k = 0; k < parts; k++) if (k % atOnce !== 0) start(k);
    for (let k = 0; k < parts; k += atOnce) start(k);
    const ended = await Promise.allSettled(running);
    for (const end of ended) if (end.status === 'rejected') throw end.reason;
    const merged = await merge.run({ ...values, ...means(part.sums(), parts) });
    return { ...merged, ...results.values() };
  }
  let last: Promise<unknown> = Promise.resolve();
  return {
    run(values) {
      const result = last.then(() => run(values));
      last = result.catch(() => undefined);
      return result;
    },
    outputShapes: { ...merge.outputShapes, ...results.shapes },
    operations: parts * part.operations + merge.operations,
    seconds: {
      trace: part.seconds.trace + merge.seconds.trace,
      prepare: part.seconds.prepare + merge.seconds.prepare,
    },
  };
}

/** What makes the outputs of the function of the means of those of its parts. */
async function mergeProgram(
  split: Split,
  specs: Record<string, InputSpec>,
  part: Parts,
  makeProgram: SplitOptions['makeProgram'],
) {
  const started = performance.now();
  const own = Object.fromEntries(Object.entries(specs).filter(([name]) => !split.batch.includes(name)));
  for (const [name, shape] of Object.entries(part.outputShapes))
    if (!split.stacked.includes(name)) own[meanName(name)] = { shape };
  return makeProgram(trace(split.whole, own), own, (performance.now() - started) / 1000);
}

/** Outputs of all parts, one behind the other. */
class Stacked {
  readonly shapes: Record<string, readonly number[]> = {};
  readonly #values: Record<string, Float32Array> = {};

  constructor({ stacked }: Split, shapes: Record<string, readonly number[]>, parts: number) {
    for (const name of stacked) {
      const [first, ...rest] = shapes[name];
      this.shapes[name] = [first * parts, ...rest];
      this.#values[name] = new Float32Array(sizeOf(this.shapes[name]));
    }
  }

  take(part: number, outputs: NamedValues): void {
    for (const [name, all] of Object.entries(this.#values))
      all.set(outputs[name], part * outputs[name].length);
  }

  values(): NamedValues {
    return Object.fromEntries(Object.entries(this.#values).map(([name, values]) => [name, values.slice()]));
  }
}

/** Of what the threads have added up, in the order of the threads. */
function means([first, ...others]: readonly Record<string, Float32Array>[], parts: number): NamedValues {
  const results: NamedValues = {};
  for (const [name, sum] of Object.entries(first)) {
    const mean = sum.slice();
    for (const other of others) addTo(mean, other[name]);
    for (let i = 0; i < mean.length; i++) mean[i] /= parts;
    results[meanName(name)] = mean;
  }
  return results;
}

export function addTo(sum: Float32Array, values: ArrayLike<number>): void {
  for (let i = 0; i < sum.length; i++) sum[i] += values[i];
}
