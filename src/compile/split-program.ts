/** @file Programs that compute a batch in parts, several at once and where it pays one after the other. */
import type { InputSpec, NamedValues, Program } from './engine.ts';
import type { Node } from './graph.ts';
import { meanName, partSpecs, partsOf, partValues, type Split } from './split.ts';
import { type Trace, trace } from './trace-backend.ts';

/** What computes parts of a batch, each in one of several threads. */
export interface Parts extends Omit<Program, 'run'> {
  /** Takes the values that are the same for all parts from now on. No part may be under way. */
  share(values: NamedValues): void;
  /**
   * Parts of one thread are computed in the order in which they come.
   * @param take is handed the outputs, which may be others as soon as it has returned
   */
  run(thread: number, values: NamedValues, take: (outputs: NamedValues) => void): Promise<void>;
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
  const results = new Results(split, part.outputShapes, atOnce, parts);
  async function run(values: NamedValues): Promise<NamedValues> {
    part.share(Object.fromEntries(split.shared.map((name) => [name, values[name]])));
    results.clear();
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
    return { ...(await merge.run({ ...values, ...results.means() })), ...results.stacked() };
  }
  let last: Promise<unknown> = Promise.resolve();
  return {
    run(values) {
      const result = last.then(() => run(values));
      last = result.catch(() => undefined);
      return result;
    },
    outputShapes: { ...merge.outputShapes, ...results.stackedShapes },
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

/** Outputs of all parts: added up by thread, so that the order of additions is always the same, or one behind the other. */
class Results {
  readonly stackedShapes: Record<string, readonly number[]> = {};
  readonly #parts: number;
  readonly #sums: Record<string, Float32Array>[];
  readonly #stacked: Record<string, Float32Array> = {};

  constructor(split: Split, shapes: Record<string, readonly number[]>, atOnce: number, parts: number) {
    this.#parts = parts;
    const size = (shape: readonly number[]) => shape.reduce((product, n) => product * n, 1);
    const averaged = Object.entries(shapes).filter(([name]) => !split.stacked.includes(name));
    this.#sums = Array.from({ length: atOnce }, () =>
      Object.fromEntries(averaged.map(([name, shape]) => [name, new Float32Array(size(shape))])),
    );
    for (const name of split.stacked) {
      const [first, ...rest] = shapes[name];
      this.stackedShapes[name] = [first * parts, ...rest];
      this.#stacked[name] = new Float32Array(size(this.stackedShapes[name]));
    }
  }

  clear(): void {
    for (const sums of this.#sums) for (const sum of Object.values(sums)) sum.fill(0);
  }

  take(part: number, outputs: NamedValues): void {
    const sums = this.#sums[part % this.#sums.length];
    for (const [name, value] of Object.entries(outputs)) {
      if (name in sums) add(sums[name], value as Float32Array);
      else this.#stacked[name].set(value, part * value.length);
    }
  }

  means(): NamedValues {
    const [first, ...others] = this.#sums;
    const means: NamedValues = {};
    for (const [name, sum] of Object.entries(first)) {
      for (const other of others) add(sum, other[name]);
      means[meanName(name)] = sum.map((value) => value / this.#parts);
    }
    return means;
  }

  stacked(): NamedValues {
    return Object.fromEntries(Object.entries(this.#stacked).map(([name, values]) => [name, values.slice()]));
  }
}

function add(to: Float32Array, values: Float32Array): void {
  for (let i = 0; i < to.length; i++) to[i] += values[i];
}
