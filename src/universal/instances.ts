/** @file The textbook memories that are universal Hopfield networks (Millidge et al. 2022, table 1), by name. */
import { InputError } from '../errors.ts';
import { type UniversalMemory, universalMemory } from './memory.ts';
import type { SimilarityName } from './similarities.ts';

export interface InstanceOptions {
  /** Values patterns lie in; default [-1, 1], of `nearest` [0, 1]. */
  range?: readonly [low: number, high: number];
  /** Updates of a recall, at most; default 1. */
  steps?: number;
  /** Budget: holds only as many patterns as fit. */
  floats?: number;
}

/**
 * Hopfield network (Hopfield 1982): dot product, identity, sign. An update is synchronous, and its weights are Hebb's
 * with the diagonal.
 */
export const hopfieldNetwork = (options: InstanceOptions = {}): UniversalMemory =>
  universalMemory({
    range: [-1, 1],
    ...options,
    name: 'universal-hopfield',
    similarity: 'dot',
    separation: 'identity',
    readout: 'sign',
  });

/** Dense associative memory (Krotov and Hopfield 2016): x <- sign(sum_mu xi_mu (xi_mu . x)^(degree - 1)). */
export function denseMemory({
  degree = 3,
  ...options
}: InstanceOptions & { degree?: number } = {}): UniversalMemory {
  if (!(Number.isInteger(degree) && degree >= 2)) {
    throw new InputError(`universal-dense: degree ${degree}, expected an integer of at least 2`);
  }
  return universalMemory({
    range: [-1, 1],
    ...options,
    name: 'universal-dense',
    similarity: 'dot',
    separation: 'power',
    parameter: degree - 1,
    readout: 'sign',
  });
}

/** Modern continuous Hopfield network (Ramsauer et al. 2020): x <- M' softmax(beta M x). */
export const modernNetworkMemory = ({
  beta = 1,
  ...options
}: InstanceOptions & { beta?: number } = {}): UniversalMemory =>
  universalMemory({
    range: [-1, 1],
    ...options,
    name: 'universal-modern',
    similarity: 'dot',
    separation: 'softmax',
    parameter: beta,
  });

/**
 * Attention (Vaswani et al. 2017): values times softmax(keys q / sqrt(d)), by `storePairs`.
 * @param d length of a key
 */
export const attention = (d: number, options: InstanceOptions = {}): UniversalMemory =>
  universalMemory({
    range: [-1, 1],
    ...options,
    name: 'attention',
    similarity: 'dot',
    separation: 'softmax',
    parameter: 1 / Math.sqrt(d),
  });

/** Nearest neighbour under any similarity: the most similar pattern itself. */
export const nearestNeighbour = ({
  similarity = 'euclidean',
  ...options
}: InstanceOptions & { similarity?: SimilarityName } = {}): UniversalMemory =>
  universalMemory({ ...options, name: `nearest-${similarity}`, similarity, separation: 'maximum' });
