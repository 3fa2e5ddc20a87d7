/** @file What every memory in the project answers, learned or not: store a set of patterns, recall from queries. */
import type { Tensor } from '@tensorflow/tfjs';
import type { Contents } from './contents.ts';

/** A memory system. Storing never changes the memory itself; it returns what was stored. */
export interface AssociativeMemory {
  readonly name: string;
  /** Values its patterns lie in, for instance [-1, 1] for a Hopfield network. */
  readonly range: readonly [low: number, high: number];
  /** patterns: [patterns, ...patternShape], in `range`. */
  store(patterns: Tensor): Promise<StoredMemory>;
  /**
   * A stored memory from what another of this memory holds, as it was or rounded.
   * @throws InputError where names or shapes are not those of this memory
   */
  restore(contents: Contents): Promise<StoredMemory>;
  /**
   * Adds patterns [patterns, ...patternShape] to what is stored, which stays as it is: the stored memory of both, as far as the memory
   * holds them. Absent where a memory stores all at once.
   */
  add?(stored: StoredMemory, patterns: Tensor): Promise<StoredMemory>;
}

/** What `store` returns: the patterns, held in `floats` numbers. */
export interface StoredMemory {
  /** Memory size as the literature counts it: float32 numbers that depend on the patterns. */
  readonly floats: number;
  /** All numbers that depend on the patterns: what a file must keep, and what may be rounded. */
  contents(): Contents;
  /** queries: [queries, ...patternShape], in the memory's range. The caller disposes of the returned patterns. */
  recall(queries: Tensor, options?: RecallOptions): Promise<Recall>;
  /** Energy of each of x: [n, ...patternShape], in nats unless the memory says otherwise. */
  energy?(x: Tensor): Promise<Float32Array>;
  /** Frees what the stored memory holds outside the garbage-collected heap. */
  dispose?(): void;
}

export interface RecallOptions {
  /** 1 where an entry of the query is known to be uncorrupted, 0 elsewhere; the shape of the queries. Known entries stay clamped. */
  known?: Tensor;
  /** Greatest number of recall steps; each memory states its default. */
  steps?: number;
  /** Whether to return the energies along the way, which may cost as much again as recall. Default false. */
  trace?: boolean;
}

export interface Recall {
  /** [queries, ...patternShape], in the memory's range. */
  patterns: Tensor;
  /** energies[k][q]: energy of query q after k steps (k = 0: the query itself). */
  energies?: number[][];
  /** Steps taken. */
  steps: number;
  /** Whether each query reached a fixed point. */
  converged?: boolean[];
}
