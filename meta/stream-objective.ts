/**
 * @file The objective on streams: patterns are added batch after batch, more than a memory can hold, and the last of them recalled.
 * Derivatives go back through the additions of those that are asked for; what came before is the state that a memory is in when it has
 * long been full.
 */
import type * as tf from '@tensorflow/tfjs';
import { slice } from '@tensorflow/tfjs';
import { detached, type NamedTensors } from '../src/autodiff/index.ts';
import type { MemoryModel } from '../src/memory/model.ts';

/** A model that patterns can be added to. */
export type StreamModel = MemoryModel & Required<Pick<MemoryModel, 'empty' | 'add'>>;

export const takesStreams = (model: MemoryModel): model is StreamModel => Boolean(model.empty && model.add);

/**
 * The state after a stream.
 * @param patterns [episodes, count, ...patternShape], the oldest first
 * @param before how many of them are there only to fill the memory
 * @param batch patterns added at once; the last batch before and the last of all may be smaller
 */
export function streamed(
  model: StreamModel,
  p: NamedTensors,
  patterns: tf.Tensor,
  { before, batch }: { before: number; batch: number },
): NamedTensors {
  const [episodes, count] = patterns.shape as [number, number];
  const part = (from: number, to: number) => slice(patterns, [0, from], [episodes, to - from]);
  let state = model.empty(p, episodes);
  for (let at = 0; at < count; ) {
    const end = Math.min(at + batch, at < before ? before : count);
    const added = model.add(p, state, part(at, end));
    state =
      end <= before
        ? Object.fromEntries(Object.entries(added).map(([name, t]) => [name, detached(t)]))
        : added;
    at = end;
  }
  return state;
}
