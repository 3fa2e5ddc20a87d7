/** @file The two engines that run a tensor function: compiled (default) and tfjs. */
export { type CompiledEngineOptions, compiledEngine, type Device, exportOnnx, type Products, productNames, type TargetName, targetNames } from './engines/compiled-engine.ts'; // biome-ignore format: one export
export { loadTfjsBackend, type TfjsBackend, tfjsEngine } from './engines/tfjs-engine.ts';
export type {
  Engine,
  InputSpec,
  NamedTensors,
  NamedValues,
  Parted,
  PartResult,
  Program,
  TensorFunction,
  Values,
} from './program/engine.ts';
export type { CacheLimits } from './program/programs.ts';
export { byExample, meanName, type Split } from './split/split.ts';
