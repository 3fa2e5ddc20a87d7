/** @file Parts of a batch in onnxruntime: a session for each thread. */
import type { InferenceSession } from 'onnxruntime-node';
import type { InputSpec, NamedValues } from './engine.ts';
import { type Dtype, sizeOf, type Values } from './graph.ts';
import { feedsOf, renamed, sessionProgram } from './session-program.ts';
import type { Split } from './split.ts';
import { addTo, type Parts } from './split-program.ts';
import type { Threads } from './threads.ts';
import type { Trace } from './trace-backend.ts';

/** A tensor as it travels between threads. */
export interface Feed {
  type: Dtype;
  data: Values;
  dims: readonly number[];
}

/** With a model: make a session of it. Else: run it. */
export type SessionMessage = { id: number } & (
  | { model: Uint8Array; options: InferenceSession.SessionOptions }
  | { feeds: Record<string, Feed> }
);

export type SessionThreads = Threads<SessionMessage, NamedValues>;
export const SESSION_SCRIPT = new URL('./session-worker.cjs', import.meta.url);

let sessions = 0;

/**
 * @param seconds what tracing took
 * @param keep takes the session of this thread, which the caller releases
 */
export async function sessionParts(
  split: Split,
  traced: Trace,
  specs: Record<string, InputSpec>,
  seconds: number,
  atOnce: number,
  threads: SessionThreads,
  options: InferenceSession.SessionOptions,
  keep: (session: InferenceSession) => void,
): Promise<Parts> {
  const id = sessions++;
  const own = await sessionProgram('cpu', options, traced, specs, seconds);
  keep(own.session);
  const asked = performance.now();
  const others = threads.take(atOnce - 1);
  await Promise.all(others.map((thread) => thread.ask({ id, model: own.model.bytes, options })));
  const prepare = own.seconds.prepare + (performance.now() - asked) / 1000;
  let shared: NamedValues = {};
  const summed = Object.entries(own.outputShapes).filter(([name]) => !split.stacked.includes(name));
  const sums = Array.from({ length: atOnce }, () =>
    Object.fromEntries(summed.map(([name, shape]) => [name, new Float32Array(sizeOf(shape))])),
  );
  async function ask(thread: number, values: NamedValues): Promise<NamedValues> {
    if (thread === 0) return own.run(values);
    const result = await others[thread - 1].ask({ id, feeds: feedsOf(specs, values) });
    return renamed(own.model, (inModel) => result[inModel]);
  }
  return {
    outputShapes: own.outputShapes,
    operations: own.operations,
    seconds: { trace: own.seconds.trace, prepare },
    begin(values) {
      shared = values;
      for (const ofThread of sums) for (const sum of Object.values(ofThread)) sum.fill(0);
    },
    async run(thread, values, take) {
      const outputs = await ask(thread, { ...shared, ...values });
      for (const [name, sum] of Object.entries(sums[thread])) addTo(sum, outputs[name]);
      take(outputs);
    },
    sums: () => sums,
  };
}
