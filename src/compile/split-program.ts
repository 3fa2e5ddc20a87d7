/** @file Programs that compute a batch in parts, several at once and where it pays one after the other. */
import type { InputSpec, NamedValues, Program } from './engine.ts';
import { type Costs, inTurn, joined, partName, partSpecs, partsOf, partValues, type Split } from './split.ts';
import { type Trace, trace } from './trace-backend.ts';

/** What computes parts of a batch, each in one of several threads. */
export interface Parts extends Omit<Program, 'run'> {
  /** Parts of one thread are computed in the order in which they come. */
  run(thread: number, values: NamedValues): Promise<NamedValues>;
}

export interface SplitOptions {
  /** Threads in all. */
  threads: number;
  /** What cutting costs and gains. */
  costs: Costs;
  /** @param seconds what tracing took */
  makeParts(traced: Trace, specs: Record<string, InputSpec>, seconds: number, atOnce: number): Promise<Parts>;
  /** A program for what is to be done with the results of all parts. */
  makeProgram(traced: Trace, specs: Record<string, InputSpec>, seconds: number): Promise<Program>;
}

/** Undefined where the batch is best computed as a whole. */
export async function splitProgram(
  split: Split,
  specs: Record<string, InputSpec>,
  { threads, costs, makeParts, makeProgram }: SplitOptions,
): Promise<Program | undefined> {
  const started = performance.now();
  const atOnce = partsOf(split, specs, threads);
  let own = partSpecs(split, specs, atOnce);
  let traced: Trace = trace(split.part, own);
  const cut = split.batch.map((name) => traced.inputs[name]);
  const turns = inTurn(Object.values(traced.outputs), cut, own[split.batch[0]]?.shape[0] ?? 1, costs);
  const parts = atOnce * turns;
  if (parts === 1) return undefined;
  if (turns > 1) {
    own = partSpecs(split, specs, parts);
    traced = trace(split.part, own);
  }
  const part = await makeParts(traced, own, (performance.now() - started) / 1000, atOnce);
  const merge = await mergeProgram(split, specs, part, parts, makeProgram);
  return {
    async run(values) {
      const results: Promise<NamedValues>[] = [];
      // The first thread is this one, perhaps: the others are asked before it is busy.
      for (let k = 0; k < parts; k++)
        if (k % atOnce !== 0) results[k] = part.run(k % atOnce, partValues(split, values, parts, k));
      for (let k = 0; k < parts; k += atOnce) results[k] = part.run(0, partValues(split, values, parts, k));
      return merge.run(values, await Promise.all(results));
    },
    outputShapes: merge.outputShapes,
    operations: parts * part.operations + merge.operations,
    seconds: {
      trace: part.seconds.trace + merge.seconds.trace,
      prepare: part.seconds.prepare + merge.seconds.prepare,
    },
  };
}

/** What makes the outputs of the function of those of its parts. */
async function mergeProgram(
  split: Split,
  specs: Record<string, InputSpec>,
  part: Parts,
  parts: number,
  makeProgram: SplitOptions['makeProgram'],
) {
  const started = performance.now();
  const passed = Object.keys(part.outputShapes).filter((name) => !split.stacked.includes(name));
  const own = Object.fromEntries(Object.entries(specs).filter(([name]) => !split.batch.includes(name)));
  const given = Object.keys(own);
  for (let k = 0; k < parts; k++)
    for (const name of passed) own[partName(name, k)] = { shape: part.outputShapes[name] };
  const traced = trace(split.whole(parts), own);
  const program = await makeProgram(traced, own, (performance.now() - started) / 1000);
  const stackedShapes = split.stacked.map((name) => {
    const [first, ...rest] = part.outputShapes[name];
    return [name, [first * parts, ...rest]];
  });
  return {
    operations: program.operations,
    seconds: program.seconds,
    outputShapes: { ...program.outputShapes, ...Object.fromEntries(stackedShapes) },
    async run(values: NamedValues, results: readonly NamedValues[]): Promise<NamedValues> {
      const inputs: NamedValues = {};
      for (const name of given) inputs[name] = values[name];
      for (const [k, result] of results.entries())
        for (const name of passed) inputs[partName(name, k)] = result[name];
      const stacked = split.stacked.map((name) => [name, joined(results.map((result) => result[name]))]);
      return { ...(await program.run(inputs)), ...Object.fromEntries(stacked) };
    },
  };
}
