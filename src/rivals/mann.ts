/**
 * @file A memory-augmented neural network (Santoro et al. 2016) as an associative memory: a long short-term memory is shown
 * the patterns one after another and writes each into an external memory by content and least recent use; queries read it
 * by content.
 */
import * as tf from '@tensorflow/tfjs';
import type { NamedTensors } from '../autodiff/index.ts';
import { dense } from '../energy/layers.ts';
import type { MemoryModel } from '../memory/model.ts';
import { sizeOf } from '../shapes.ts';
import { asked, encoder, guess, perceptron, perceptronParameters, type Range } from './codec.ts';
import { type LstmState, lstmParameters, lstmStep } from './lstm-cell.ts';

export interface MannOptions {
  patternShape: number[];
  range?: Range;
  /** Rows of the external memory. Default 64. */
  slots?: number;
  /** Numbers in a row. Default 125: 64 rows of it and 2 x 128 numbers of the controller make 8,256 floats. */
  word?: number;
  /** Units of the controller. Default 128. */
  units?: number;
  /** Units of the perceptrons that ask and answer. Default 256. */
  hidden?: number;
}

/** Decay of the record of use (Santoro et al. 2016, equation 20). */
const USE_DECAY = 0.95;

/** State: `memory` [slots, word], `cell` and `output` [units]. */
export function mann({
  patternShape,
  range = [-1, 1],
  slots = 64,
  word = 125,
  units = 128,
  hidden = 256,
}: MannOptions): MemoryModel {
  const d = sizeOf(patternShape);
  const seen = encoder(patternShape);
  return {
    name: 'mann',
    patternShape,
    range,
    steps: 1,
    state: { memory: [slots, word], cell: [units], output: [units] },
    floats: slots * word + 2 * units,
    parameters: {
      ...seen.parameters,
      ...lstmParameters('controller', seen.size, units),
      // Words and keys share an embedding, so that a query is like its pattern from the start.
      ...perceptronParameters('embed', seen.size, hidden, word),
      'word.w': { shape: [units, word], init: { normal: 0.1 / Math.sqrt(units) }, writable: false },
      // The gate between the least used row and the rows that are alike.
      'gate.w': { shape: [units, 1], init: { lecun: units }, writable: false },
      // Least used rows at first.
      'gate.b': { shape: [1], init: { constant: -3 }, writable: false },
      'key.w': {
        shape: [seen.size + d + units, word],
        init: { normal: 0.1 / Math.sqrt(seen.size + d + units) },
        writable: false,
      },
      sharpness: { shape: [1], init: { constant: 8 }, writable: false },
      ...perceptronParameters('answer', word + seen.size + d, hidden, d),
    },
    store(p, patterns) {
      const features = seen.encode(p, patterns);
      const [episodes, n] = features.shape as [number, number];
      const driven = tf.unstack(dense(features, p['controller.x'], p['controller.b']), 1);
      const outputs: tf.Tensor[] = [];
      let state: LstmState | undefined;
      for (const one of driven) {
        state = lstmStep(p, 'controller', one, state);
        outputs.push(state.output);
      }
      const controlled = tf.stack(outputs, 1);
      const words = tf.add(perceptron(p, 'embed', features), dense(controlled, p['word.w']));
      const gates = tf.sigmoid(dense(controlled, p['gate.w'], p['gate.b']));
      let memory: tf.Tensor = tf.zeros([episodes, slots, word]);
      // Rows start with a little use, least the first, so that they fill in order.
      const order = Float32Array.from({ length: slots }, (_, i) => (0.5 * i) / slots);
      let use: tf.Tensor = tf.broadcastTo(tf.tensor(order, [1, slots]), [episodes, slots]);
      const at = (x: tf.Tensor, i: number, size: number) => tf.slice(x, [0, i, 0], [episodes, 1, size]);
      for (let i = 0; i < n; i++) {
        const one = at(words, i, word);
        const alike = tf.squeeze(attention(p, one, memory), [1]);
        const least = tf.cast(tf.oneHot(tf.argMin(use, 1), slots), 'float32');
        const gate = tf.reshape(at(gates, i, 1), [episodes, 1]);
        const places = tf.add(tf.mul(gate, alike), tf.mul(tf.sub(1, gate), least));
        // The least used row is cleared before it is written.
        const kept = tf.mul(memory, tf.expandDims(tf.sub(1, least), 2));
        memory = tf.add(kept, tf.matMul(tf.expandDims(places, 2), one));
        use = tf.add(tf.mul(use, USE_DECAY), places);
      }
      return { memory, ...state! };
    },
    recall(p, { memory, output }, queries, known, count = 1) {
      if (count === 0) return [];
      const features = seen.encode(p, queries);
      const question = asked(features, queries, known);
      const shape = [queries.shape[0], queries.shape[1]!, units];
      const controlled = tf.broadcastTo(tf.expandDims(output, 1), shape);
      const turned = dense(tf.concat([question, controlled], 2), p['key.w']);
      const key = tf.add(perceptron(p, 'embed', features), turned);
      const read = tf.matMul(attention(p, key, memory), memory);
      return [guess(perceptron(p, 'answer', tf.concat([read, question], 2)), range, queries, known)];
    },
  };
}

/** Softmax over rows of the cosine similarity: keys [episodes, n, word] and memory [episodes, slots, word] to [episodes, n, slots]. */
function attention(p: NamedTensors, keys: tf.Tensor, memory: tf.Tensor): tf.Tensor {
  const unit = (x: tf.Tensor) => tf.mul(x, tf.rsqrt(tf.add(tf.sum(tf.square(x), 2, true), 1e-3)));
  return tf.softmax(tf.mul(tf.matMul(unit(keys), unit(memory), false, true), p.sharpness));
}
