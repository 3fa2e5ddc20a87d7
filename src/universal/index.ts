/** @file Universal Hopfield networks: similarity, separation, projection. */
export {
  type Dynamics,
  type DynamicsOptions,
  dynamics,
  type FeatureName,
  featureLayers,
  restEnergy,
  type State,
} from './dynamics.ts';
export {
  countMinima,
  type EpanechnikovEnergy,
  type EpanechnikovOptions,
  epanechnikovEnergy,
  epanechnikovMemory,
  type Minima,
} from './epanechnikov.ts';
export {
  attention,
  denseMemory,
  hopfieldNetwork,
  type InstanceOptions,
  modernNetworkMemory,
  nearestNeighbour,
} from './instances.ts';
export { type LogSumExpEnergy, logSumExpEnergy } from './log-sum-exp.ts';
export { type UniversalMemory, type UniversalMemoryOptions, universalMemory } from './memory.ts';
export { type Readout, type UniversalNetwork, type UniversalOptions, universalNetwork } from './network.ts';
export {
  type OfficialSeparation,
  type OfficialSimilarity,
  officialScores,
  officialSimilarities,
  officialWeights,
} from './official.ts';
export {
  type RandomFeatureOptions,
  type RandomFeatures,
  randomFeatureMemory,
  randomFeatures,
} from './random-features.ts';
export { type UniversalRivalName, universalRivals } from './rivals.ts';
export { meanWeights, type SeparationName, separationNames, separations } from './separations.ts';
export {
  type Comparison,
  compare,
  differentiableSimilarities,
  type Form,
  type Numbers,
  type SimilarityName,
  type SimilarityOptions,
  similarities,
  similarityNames,
} from './similarities.ts';
export { type SparseDistributedOptions, sparseDistributedMemory } from './sparse-distributed.ts';
