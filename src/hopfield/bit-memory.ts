/** @file A network of bits behind the `StoredMemory` interface: tensors in, threshold, recall, tensors out. */
import { tensor } from '@tensorflow/tfjs';
import type { StoredMemory } from '../memory/associative.ts';
import { recallOptions } from '../memory/inputs.ts';
import { checkSteps, fromBits, type Range, readBatch, readQueries, toBits } from './boundary.ts';
import { type BitNetwork, defaultSteps, recallBits, type Update } from './dynamics.ts';

export interface BitMemoryOptions {
  name: string;
  /** Shape of one pattern; its product is the network's d. */
  shape: number[];
  floats: number;
  range: Range;
  update: Update;
  seed: number;
}

/**
 * What a network of bits has stored. Queries [queries, ...shape] are thresholded in the middle of the range (0 of
 * [-1, 1]; the middle itself counts as high), recalled patterns are the ends of the range, and known entries come back
 * exactly as the query has them. `steps` is the greatest number of sweeps or synchronous steps, 100 by default.
 */
export function bitMemory(network: BitNetwork, options: BitMemoryOptions): Omit<StoredMemory, 'contents'> {
  const { name, shape, floats, range, update, seed } = options;
  return {
    floats,
    async recall(queries, asked) {
      const { known, steps = defaultSteps } = recallOptions(asked);
      checkSteps(name, steps);
      const { values, mask } = await readQueries(queries, known, { shape, range });
      const { states, ...rest } = recallBits(network, toBits(values, range), {
        known: mask,
        update,
        steps,
        seed,
      });
      return { patterns: tensor(fromBits(states, range, values, mask), queries.shape, 'float32'), ...rest };
    },
    async energy(x) {
      const { values, count, d } = await readBatch('x', x, { shape, range });
      const bits = toBits(values, range);
      return Float32Array.from({ length: count }, (_, n) => {
        network.load(bits.subarray(n * d, (n + 1) * d));
        return network.energy();
      });
    },
  };
}
