/**
 * @file What the outer loop trains: a memory whose storing and recalling are pure, differentiable functions of its
 * parameters. Energy networks with their write and read rules are one kind; recurrent and slot memories are others.
 */
import type * as tf from '@tensorflow/tfjs';
import type { NamedTensors } from '../autodiff/index.ts';
import type { Packing, ParameterSpec, PrincipalStart } from '../energy/network.ts';

/**
 * A loss of recall that training descends.
 * @param answer `recalled`: an iterate of reading; `patterns`: what it should be; `queries`: what was asked; all [episodes, queries,
 * ...patternShape], in the model's range; `known`: 1 where an entry of the query is told to be right, 0 where not, -1 in episodes in
 * which recall is told nothing; absent when it never is
 * @returns [episodes], of which training takes the mean; of operations that have derivatives of every order
 */
export type RecallLoss = (answer: {
  recalled: tf.Tensor;
  patterns: tf.Tensor;
  queries: tf.Tensor;
  known?: tf.Tensor;
}) => tf.Tensor;

export interface MemoryModel {
  /** What it is called in tables: "ebmm", "memory-network". */
  readonly name: string;
  /** One pattern: [128], [32, 32, 1]. */
  readonly patternShape: number[];
  /** Values of its patterns, and of what it recalls. */
  readonly range: readonly [low: number, high: number];
  /** Everything that training adjusts, by name. */
  readonly parameters: Record<string, ParameterSpec>;
  /** What of them begins with principal components of training patterns, in its range, where training begins. */
  readonly principal?: PrincipalStart;
  /** Shapes of what storing makes, without the leading [episodes] axis. */
  readonly state: Record<string, readonly number[]>;
  /** Of tensors of the state, which of their entries count; of others all do. */
  readonly packing?: Record<string, Packing>;
  /** Bits of every number of the state, where storing rounds them. */
  readonly bits?: number;
  /** Memory size: numbers of the state, float32 where storing does not round them. */
  readonly floats: number;
  /** Iterates that `recall` returns by default. */
  readonly steps: number;
  /** What training descends at every iterate, where that is not the squared error, its mean over entries. */
  readonly loss?: RecallLoss;
  /** Stores patterns [episodes, patterns, ...patternShape]; returns the state, each tensor with its [episodes] axis. */
  store(p: NamedTensors, patterns: tf.Tensor): NamedTensors;
  /** These values of the parameters, but all steps of storing `scale` times as large; where storing takes steps that can diverge. */
  slower?(parameters: Record<string, Float32Array>, scale: number): Record<string, Float32Array>;
  /** The state after 0, 1 ... T steps of storing, the last being what `store` returns, where storing goes in steps. */
  storing?(p: NamedTensors, patterns: tf.Tensor): NamedTensors[];
  /** The state before anything is stored, of so many episodes, where patterns can be added one after another. */
  empty?(p: NamedTensors, episodes: number): NamedTensors;
  /** Adds patterns [episodes, patterns, ...patternShape] to a state, which forgets as it has learned to; the new state. */
  add?(p: NamedTensors, state: NamedTensors, patterns: tf.Tensor): NamedTensors;
  /**
   * Successive guesses at the patterns behind queries [episodes, queries, ...patternShape], each of that shape.
   * @param known 1 where an entry of the query is to stay, else 0
   */
  recall(
    p: NamedTensors,
    state: NamedTensors,
    queries: tf.Tensor,
    known?: tf.Tensor,
    steps?: number,
  ): tf.Tensor[];
  /** Logits of which entries of queries are uncorrupted, of their shape or broadcast to it, where the memory has an opinion before it reads. */
  trust?(p: NamedTensors, queries: tf.Tensor, known?: tf.Tensor): tf.Tensor;
  /** Energies [episodes, n] of x [episodes, n, ...patternShape], where the memory has an energy. */
  energy?(p: NamedTensors, state: NamedTensors, x: tf.Tensor): tf.Tensor;
}
