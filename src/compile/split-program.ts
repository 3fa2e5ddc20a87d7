/** @file Programs that compute a batch in parts, several at once and where it pays one after the other. */
import type { InferenceSession } from 'onnxruntime-node';
import type { InputSpec, NamedValues, Program } from './engine.ts';
import { feedsOf, renamed, type SessionProgram, sessionProgram } from './session-program.ts';
import { inTurn, joined, partName, partSpecs, partsOf, partValues, type Split } from './split.ts';
import { type Trace, trace } from './trace-backend.ts';
import type { SessionThread } from './workers.ts';

export interface SplitOptions {
  /** Threads in all. */
  threads: number;
  /** So many threads besides this one. */
  others(count: number): SessionThread[];
  /** A number for a session that the other threads hold. */
  id: number;
  /** For sessions that have so many threads of their own. */
  options(threads: number): InferenceSession.SessionOptions;
  keep(session: InferenceSession): void;
}

/** Undefined where the batch is best computed as a whole. */
export async function splitProgram(
  split: Split,
  specs: Record<string, InputSpec>,
  { threads, others, id, options, keep }: SplitOptions,
): Promise<Program | undefined> {
  const started = performance.now();
  const atOnce = partsOf(split, specs, threads);
  let own = partSpecs(split, specs, atOnce);
  let traced: Trace = trace(split.part, own);
  const cut = split.batch.map((name) => traced.inputs[name]);
  const turns = inTurn(Object.values(traced.outputs), cut, own[split.batch[0]]?.shape[0] ?? 1);
  const parts = atOnce * turns;
  if (parts === 1) return undefined;
  if (turns > 1) {
    own = partSpecs(split, specs, parts);
    traced = trace(split.part, own);
  }
  const sessionOptions = options(Math.max(1, Math.floor(threads / atOnce)));
  const seconds = (performance.now() - started) / 1000;
  const part = await sessionProgram('cpu', sessionOptions, traced, own, seconds);
  keep(part.session);
  const asked = performance.now();
  const workers = others(atOnce - 1);
  await Promise.all(workers.map((worker) => worker.create(id, part.model.bytes, sessionOptions)));
  const prepared = (performance.now() - asked) / 1000;
  const merge = await mergeProgram(split, specs, part, parts, options(1));
  keep(merge.session);
  return {
    async run(values) {
      // The others are asked before this thread is busy; this one takes the first of every `atOnce` parts.
      const results: Promise<NamedValues>[] = [];
      for (let k = 0; k < parts; k++) {
        if (k % atOnce === 0) continue;
        const feeds = feedsOf(own, partValues(split, values, parts, k));
        results[k] = workers[(k % atOnce) - 1]
          .run(id, feeds)
          .then((result) => renamed(part.model, (inModel) => result[inModel]));
      }
      for (let k = 0; k < parts; k += atOnce) results[k] = part.run(partValues(split, values, parts, k));
      return merge.run(values, await Promise.all(results));
    },
    outputShapes: merge.outputShapes,
    operations: parts * part.operations + merge.operations,
    seconds: {
      trace: part.seconds.trace + merge.seconds.trace,
      prepare: part.seconds.prepare + merge.seconds.prepare + prepared,
    },
  };
}

/** What makes the outputs of the function of those of its parts. */
async function mergeProgram(
  split: Split,
  specs: Record<string, InputSpec>,
  part: SessionProgram,
  parts: number,
  options: InferenceSession.SessionOptions,
) {
  const started = performance.now();
  const passed = Object.keys(part.outputShapes).filter((name) => !split.stacked.includes(name));
  const own = Object.fromEntries(Object.entries(specs).filter(([name]) => !split.batch.includes(name)));
  const given = Object.keys(own);
  for (let k = 0; k < parts; k++)
    for (const name of passed) own[partName(name, k)] = { shape: part.outputShapes[name] };
  const traced = trace(split.whole(parts), own);
  const seconds = (performance.now() - started) / 1000;
  const program = await sessionProgram('cpu', options, traced, own, seconds);
  const stackedShapes = split.stacked.map((name) => {
    const [first, ...rest] = part.outputShapes[name];
    return [name, [first * parts, ...rest]];
  });
  return {
    ...program,
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
