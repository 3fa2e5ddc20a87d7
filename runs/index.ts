/**
 * @file The library: `import ... from 'ebmm'`. Patterns are tensors [patterns, ...patternShape] of the `tf` exported here,
 * which is the copy of tfjs whose derivatives are exact.
 *
 * Load a trained memory ({@link loadRun}, {@link memoryOf}), train one ({@link metaTrain}) and keep it ({@link saveRun}), or take
 * one that needs no training ({@link memories}); each is an {@link AssociativeMemory}: `store` patterns, then `recall` queries.
 * {@link evaluateMemories} measures them on the same episodes, {@link charts} draws what came out.
 */
export * as tf from '@tensorflow/tfjs';
export { z } from 'zod';
export { type Config, type ConfigInput, parseConfig } from '../meta/config.ts';
export type { LossGiven, LossModule } from '../meta/loss.ts';
export type { StepReport, TrainingState } from '../meta/trainer.ts';
export type { NamedTensors } from '../src/autodiff/index.ts';
export { grad, grads, valueAndGrad, valueAndGrads } from '../src/autodiff/index.ts';
export type { TfjsBackend } from '../src/compile/index.ts';
export {
  type CacheLimits,
  type CompiledEngineOptions,
  compiledEngine,
  type Device,
  type Engine,
  exportOnnx,
  type InputSpec,
  type NamedValues,
  type Products,
  type Program,
  type TensorFunction,
  tfjsEngine,
  type Values,
} from '../src/compile/index.ts';
export { type PrincipalComponents, principalComponents } from '../src/components.ts';
export { diffusionRivals } from '../src/diffusion/index.ts';
export type { NetworkOptions } from '../src/energy/index.ts';
export {
  checkNetwork,
  type EnergyNetwork,
  type Initialiser,
  networks,
  type ParameterSpec,
  type Parameters,
  writableFloats,
} from '../src/energy/index.ts';
export type { Packing, PrincipalStart } from '../src/energy/network.ts';
export { InputError } from '../src/errors.ts';
export { type RivalName, type RivalOptions, rivals } from '../src/hopfield/index.ts';
export type { AssociativeMemory, Recall, RecallOptions, StoredMemory } from '../src/memory/associative.ts';
export type { StoredState } from '../src/memory/compiled-model.ts';
export type { Contents, Held } from '../src/memory/contents.ts';
export { DivergedError } from '../src/memory/diverged.ts';
export { energyModel } from '../src/memory/energy-model.ts';
export type { WriteOptions } from '../src/memory/learned-memory.ts';
export { LearnedMemory, type LearnedMemoryOptions } from '../src/memory/learned-memory.ts';
export type { MemoryModel, RecallLoss } from '../src/memory/model.ts';
export { defaultRule, type Rule } from '../src/memory/rule.ts';
export type { Options, OptionsSchema } from '../src/modules/index.ts';
export { type Random, stream } from '../src/random.ts';
export {
  type Batch,
  type Corruption,
  type CorruptionConfig,
  type CorruptionGiven,
  type CorruptionModule,
  type DataSource,
  drawBatch,
  loadTask,
  parseCorruption,
  type Split,
  type Task,
  type TaskConfig,
  type TaskGiven,
  type TaskModule,
} from '../tasks/index.ts';
export type { ExportCommand, ExportOptions } from './export.ts';
export { type ExportedMemory, exportMemory } from './export.ts';
export { type EvaluateMemoriesOptions, evaluateMemories } from './library/evaluate.ts';
export { memories, type TrainedDiffusionOptions } from './library/memories.ts';
export { type MetaTrainOptions, metaTrain } from './library/meta-train.ts';
export { type SaveOptions, saveRun, TrainedMemory, type TrainingRecord } from './library/trained-memory.ts';
export * as charts from './plots/index.ts';
export { configure, presetNames } from './presets.ts';
export type { Evaluation, EvaluationRow, Filmstrip, Metrics, ValidatedLoad, Validation } from './records.ts';
export { type LoadedRun, type LoadOptions, loadRun, memoryOf, pretrainedNames } from './run-folder.ts';
export { bestValidation, readValidations } from './validations.ts';
