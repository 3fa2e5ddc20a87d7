/**
 * @file A long short-term memory as an associative memory: it is shown the patterns one after another, and its last state
 * is all that is kept; a perceptron answers queries from that state.
 */
import * as tf from '@tensorflow/tfjs';
import { dense } from '../energy/layers.ts';
import type { MemoryModel } from '../memory/model.ts';
import { sizeOf } from '../shapes.ts';
import { asked, encoder, guess, perceptron, perceptronParameters, type Range } from './codec.ts';
import { type LstmState, lstmParameters, lstmStep } from './lstm-cell.ts';

export interface LstmOptions {
  patternShape: number[];
  range?: Range;
  /** Units; cell and output make 2 units floats. The paper's 8,256 floats are 4,128 units. Default 256. */
  units?: number;
  /** Units of the perceptron that answers. Default 256. */
  hidden?: number;
}

/** State: `cell` and `output`, [units] each. */
export function lstm({ patternShape, range = [-1, 1], units = 256, hidden = 256 }: LstmOptions): MemoryModel {
  const d = sizeOf(patternShape);
  const seen = encoder(patternShape);
  return {
    name: 'lstm',
    patternShape,
    range,
    steps: 1,
    state: { cell: [units], output: [units] },
    floats: 2 * units,
    parameters: {
      ...seen.parameters,
      ...lstmParameters('lstm', seen.size, units),
      ...perceptronParameters('answer', 2 * units + seen.size + d, hidden, d),
    },
    store(p, patterns) {
      const driven = dense(seen.encode(p, patterns), p['lstm.x'], p['lstm.b']);
      const shown = tf.unstack(driven, 1);
      let state: LstmState | undefined;
      for (const one of shown) state = lstmStep(p, 'lstm', one, state);
      return { ...state! };
    },
    recall(p, { cell, output }, queries, known, count = 1) {
      if (count === 0) return [];
      const question = asked(seen.encode(p, queries), queries, known);
      const kept = tf.expandDims(tf.concat([cell, output], 1), 1);
      const shape = [queries.shape[0], queries.shape[1]!, 2 * units];
      const all = tf.concat([tf.broadcastTo(kept, shape), question], 2);
      return [guess(perceptron(p, 'answer', all), range, queries, known)];
    },
  };
}
