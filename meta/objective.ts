/**
 * @file The meta-objective: how well what was stored is recalled (Bartunov et al. 2020, equation 6): squared error
 * summed over the iterates of reading, not only the last.
 */
import * as tf from '@tensorflow/tfjs';
import type { NamedTensors } from '../src/autodiff/index.ts';
import type { MemoryModel } from '../src/memory/model.ts';

export interface Episode {
  /** [episodes, patterns, ...patternShape], in the model's range, as the rest. */
  patterns: tf.Tensor;
  /** Of all patterns, or of the first ones. */
  queries: tf.Tensor;
  /** 1 where an entry of the query is to stay; absent when recall is not told. */
  known?: tf.Tensor;
  /** 1 where an entry of the query is uncorrupted, told or not; needed where the memory is to learn where it is not. */
  uncorrupted?: tf.Tensor;
}

export interface Objective {
  /**
   * Mean over entries of the squared error, summed over the K iterates, averaged over patterns and episodes; or the model's own loss,
   * summed over the iterates, averaged over episodes.
   */
  loss: tf.Scalar;
  /** The last iterate; the queries, where nothing is read. */
  recalled: tf.Tensor;
}

/**
 * @param weights of each iterate in the loss; default all one (the paper's); where all are zero nothing is stored or recalled
 * @param noise weight of the cross-entropy of what the memory takes for noise, beside the squared errors
 * @param stored what is in the memory, and which of the patterns are asked for; default all at once, and the first of them
 */
export function objective(
  model: MemoryModel,
  p: NamedTensors,
  { patterns, queries, known, uncorrupted }: Episode,
  weights?: readonly number[],
  stored?: { state: NamedTensors; asked: tf.Tensor },
  noise = 0,
): Objective {
  const iterates = weights?.every((weight) => weight === 0)
    ? []
    : model.recall(p, stored?.state ?? model.store(p, patterns), queries, known);
  const asked = stored?.asked ?? tf.slice(patterns, 0, queries.shape);
  const losses = iterates.map((x, k) => {
    const loss = model.loss
      ? tf.mean(model.loss({ recalled: x, patterns: asked, queries, known }))
      : tf.mean(tf.squaredDifference(x, asked));
    return weights ? tf.mul(loss, weights[k]) : loss;
  });
  if (noise > 0 && model.trust && uncorrupted) {
    const logits = model.trust(p, queries, known);
    const entropy = tf.sub(tf.softplus(logits), tf.mul(uncorrupted, logits));
    losses.push(tf.mul(tf.mean(entropy), noise));
  }
  const loss = losses.reduce((sum, l) => tf.add(sum, l)) as tf.Scalar;
  return { loss, recalled: iterates.at(-1) ?? tf.mul(queries, 1) };
}
