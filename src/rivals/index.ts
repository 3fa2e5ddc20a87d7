/** @file The learned rivals by name: memories of other kinds, trained by the same outer loop on the same episodes. */
import type { MemoryModel } from '../memory/model.ts';
import { type DynamicKanervaOptions, dynamicKanerva } from './dynamic-kanerva.ts';
import { type FastWeightsOptions, fastWeights } from './fast-weights.ts';
import { type LstmOptions, lstm } from './lstm.ts';
import { type MannOptions, mann } from './mann.ts';
import { type MemoryNetworkOptions, memoryNetwork } from './memory-network.ts';
import { type PlasticityOptions, plasticity } from './plasticity.ts';

export { type DynamicKanervaOptions, dynamicKanerva } from './dynamic-kanerva.ts';
export {
  type FastWeightRule,
  type FastWeightsOptions,
  fastWeightRules,
  fastWeights,
} from './fast-weights.ts';
export { type LstmOptions, lstm } from './lstm.ts';
export { type MannOptions, mann } from './mann.ts';
export { type MemoryNetworkOptions, memoryNetwork } from './memory-network.ts';
export { type PlasticityOptions, plasticity } from './plasticity.ts';

export interface LearnedRivalOptions {
  'memory-network': MemoryNetworkOptions;
  mann: MannOptions;
  lstm: LstmOptions;
  plasticity: PlasticityOptions;
  'fast-weights': FastWeightsOptions;
  'dynamic-kanerva': DynamicKanervaOptions;
}

/** Each rival's constructor by the name that configurations use. */
export const learnedRivals: {
  [N in keyof LearnedRivalOptions]: (options: LearnedRivalOptions[N]) => MemoryModel;
} = {
  'memory-network': memoryNetwork,
  mann,
  lstm,
  plasticity,
  'fast-weights': fastWeights,
  'dynamic-kanerva': dynamicKanerva,
};
