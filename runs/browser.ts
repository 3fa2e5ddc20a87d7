/**
 * @file The library in a browser: `import ... from 'ebmm/browser'`. Energies, memories, Hopfield networks and meta-training on the
 * WebAssembly engine, with nothing of Node in it.
 *
 * A bundler that takes `@tensorflow/tfjs` as it comes brings layers, converter and WebGL along; an alias to tfjs-core with its gradients and
 * chained operations is enough (docs/engines.md).
 */
export * as tf from '@tensorflow/tfjs';
export { adamW } from '../meta/adamw.ts';
export { memoryLearner } from '../meta/memory-learner.ts';
export { type MetaStepSettings, metaStep, metaStepInputs } from '../meta/meta-step.ts';
export { decodeSafetensors, encodeSafetensors } from '../meta/safetensors.ts';
export { Trainer, type TrainingState, trainedParameters } from '../meta/trainer.ts';
export { grad, grads, valueAndGrad, valueAndGrads } from '../src/autodiff/index.ts';
export {
  type Engine,
  type Program,
  type WebAssemblyEngineOptions,
  webAssemblyEngine,
} from '../src/compile/browser.ts';
export {
  checkNetwork,
  type EnergyNetwork,
  type Initialiser,
  initialise,
  networks,
  type ParameterSpec,
  type Parameters,
  writableFloats,
} from '../src/energy/index.ts';
export { InputError } from '../src/errors.ts';
export { type RivalName, type RivalOptions, rivals } from '../src/hopfield/index.ts';
export type { AssociativeMemory, Recall, RecallOptions, StoredMemory } from '../src/memory/associative.ts';
export type { StoredState } from '../src/memory/compiled-model.ts';
export { energyModel } from '../src/memory/energy-model.ts';
export { LearnedMemory, type LearnedMemoryOptions } from '../src/memory/learned-memory.ts';
export type { MemoryModel } from '../src/memory/model.ts';
export { defaultRule, type Rule } from '../src/memory/rule.ts';
export { type Random, stream } from '../src/random.ts';
export { drawBatch } from '../tasks/batch.ts';
export { binaryTask } from '../tasks/binary.ts';
export { type Corruption, parseCorruption } from '../tasks/corruption.ts';
