/** @file Parts of a batch in onnxruntime: a session for each thread. */
import type { InferenceSession } from 'onnxruntime-common';
import type { InputSpec, NamedValues } from '../program/engine.ts';
import type { Threads } from '../program/threads.ts';
import { addedOf, type Split } from '../split/split.ts';
import { addTo, type Parts } from '../split/split-program.ts';
import type { Trace } from '../trace/trace-backend.ts';
import { type Feed, feedsOf, renamed, sessionProgram } from './session-program.ts';

/** With a model: make a session of it. Else: run it, or forget it. */
export type SessionMessage = { id: number } & (
  | { model: Uint8Array; options: InferenceSession.SessionOptions }
  | { feeds: Record<string, Feed> }
  | { forget: true }
);

export type SessionThreads = Threads<SessionMessage, NamedValues>;
export const SESSION_SCRIPT = new URL('./session-worker.cjs', import.meta.url);

let sessions = 0;

/**
 * @param seconds what tracing took
 * @param slots sessions that run at once
 */
export async function sessionParts(
  split: Split,
  traced: Trace,
  specs: Record<string, InputSpec>,
  seconds: number,
  slots: number,
  threads: SessionThreads,
  options: InferenceSession.SessionOptions,
): Promise<Parts & { free(): Promise<void> }> {
  const id = sessions++;
  const own = await sessionProgram('cpu', options, traced, specs, seconds);
  const asked = performance.now();
  const others = threads.take(slots - 1);
  await Promise.all(others.map((thread) => thread.ask({ id, model: own.model.bytes, options })));
  const prepare = own.seconds.prepare + (performance.now() - asked) / 1000;
  let shared: NamedValues = {};
  const added = addedOf(split, traced);
  const sums = Array.from({ length: slots }, (): Record<string, Float32Array> => ({}));
  async function ask(slot: number, values: NamedValues): Promise<NamedValues> {
    if (slot === 0) return own.run(values);
    const result = await others[slot - 1].ask({ id, feeds: feedsOf(specs, values) });
    return renamed(own.model, (inModel) => result[inModel]);
  }
  return {
    outputShapes: own.outputShapes,
    operations: own.operations,
    seconds: { trace: own.seconds.trace, prepare },
    slots,
    begin(values) {
      shared = values;
    },
    clear(slot) {
      sums[slot] = {};
    },
    async run(slot, values, take) {
      const outputs = await ask(slot, { ...shared, ...values });
      for (const name of added) {
        const sum = sums[slot][name];
        if (sum) addTo(sum, outputs[name]);
        else sums[slot][name] = outputs[name] as Float32Array;
      }
      take(outputs);
    },
    sums: (slot) => sums[slot],
    async free() {
      // A thread that has ended has forgotten it.
      await Promise.all(others.map((thread) => thread.ask({ id, forget: true }).catch(() => undefined)));
      await own.free();
    },
  };
}
