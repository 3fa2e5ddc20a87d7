/**
 * @file A memory network (Weston, Chopra and Bordes 2015; Sukhbaatar et al. 2015) as an associative memory: every pattern's
 * code lies in a slot of its own; a query attends to the slots by their codes and decodes what it retrieves.
 */
import * as tf from '@tensorflow/tfjs';
import { dense } from '../energy/layers.ts';
import type { ParameterSpec } from '../energy/network.ts';
import { InputError } from '../errors.ts';
import type { MemoryModel } from '../memory/model.ts';
import { sizeOf } from '../shapes.ts';
import { asked, encoder, guess, perceptron, perceptronParameters, type Range } from './codec.ts';

export interface MemoryNetworkOptions {
  patternShape: number[];
  range?: Range;
  /** Slots. More patterns than slots overwrite the first ones, in order. Default 64. */
  slots?: number;
  /** Numbers in a slot. Default 129: with 64 slots 8,256 floats. */
  code?: number;
  /** Units of the hidden layers of encoder and decoder. Default 256. */
  hidden?: number;
  /**
   * Whether a query's key is the code that it would get, and a correction, rather than a map of its own: then a query is
   * like its pattern from the start, without which attention to images is hardly learned. Default false.
   */
  tied?: boolean;
  /** Rounds of attention, each asking with the guess of the round before. Default 1. */
  steps?: number;
}

/** State: `slots` [slots, code]. */
export function memoryNetwork({
  patternShape,
  range = [-1, 1],
  slots = 64,
  code = 129,
  hidden = 256,
  tied = false,
  steps = 1,
}: MemoryNetworkOptions): MemoryModel {
  if (slots < 1 || code < 1)
    throw new InputError(`memory network: slots ${slots} and code ${code}, expected positive`);
  const d = sizeOf(patternShape);
  const seen = encoder(patternShape);
  return {
    name: 'memory-network',
    patternShape,
    range,
    steps,
    state: { slots: [slots, code] },
    floats: slots * code,
    parameters: {
      ...seen.parameters,
      ...perceptronParameters('code', seen.size, hidden, code),
      ...(tied
        ? { 'key.w': small([seen.size + d, code]) }
        : perceptronParameters('key', seen.size + d, hidden, code)),
      ...perceptronParameters('decode', code + seen.size + d, hidden, d),
      // Tied, matching codes should stand out from the start.
      sharpness: { shape: [1], init: { constant: tied ? 8 : 1 }, writable: false },
    },
    store(p, patterns) {
      const codes = perceptron(p, 'code', seen.encode(p, patterns));
      return { slots: intoSlots(codes, slots) };
    },
    recall(p, state, queries, known, rounds = steps) {
      const iterates: tf.Tensor[] = [];
      let x = queries;
      for (let k = 0; k < rounds; k++) {
        const features = seen.encode(p, x);
        const question = asked(features, queries, known);
        const sought = tied
          ? tf.add(perceptron(p, 'code', features), dense(question, p['key.w']))
          : perceptron(p, 'key', question);
        const key = tf.mul(sought, tf.div(p.sharpness, Math.sqrt(code)));
        const weights = tf.softmax(tf.matMul(key, state.slots, false, true));
        const retrieved = tf.matMul(weights, state.slots);
        x = guess(perceptron(p, 'decode', tf.concat([retrieved, question], 2)), range, queries, known);
        iterates.push(x);
      }
      return iterates;
    },
  };
}

/** A linear map that hardly acts at first. */
const small = (shape: [number, number]): ParameterSpec => ({
  shape,
  init: { normal: 0.1 / Math.sqrt(shape[0]) },
  writable: false,
});

/** Code i in slot i mod slots, later ones over earlier ones; slots never filled hold zeros. */
function intoSlots(codes: tf.Tensor, slots: number): tf.Tensor {
  const [episodes, patterns, code] = codes.shape as [number, number, number];
  if (patterns === slots) return codes;
  if (patterns < slots) return tf.concat([codes, tf.zeros([episodes, slots - patterns, code])], 1);
  // The last `slots` codes, turned round so that each stands in its slot.
  const first = patterns - slots;
  const turn = (slots - (first % slots)) % slots;
  const piece = (from: number, count: number) => tf.slice(codes, [0, from, 0], [episodes, count, code]);
  const parts = [piece(first + turn, slots - turn), piece(first, turn)].filter((part) => part.shape[1]! > 0);
  return parts.length === 1 ? parts[0] : tf.concat(parts, 1);
}
