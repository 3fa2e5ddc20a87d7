/** @file The two engines that run a tensor function: compiled (default) and tfjs. */
export { type CompiledEngineOptions, compiledEngine, type Device, exportOnnx, type Products, productNames, type TargetName, targetNames } from './compiled-engine.ts'; // biome-ignore format: one export
export type {
  CacheLimits,
  Engine,
  InputSpec,
  NamedTensors,
  NamedValues,
  Parted,
  PartResult,
  Program,
  TensorFunction,
  Values,
} from './engine.ts';
export { byExample, meanName, type Split } from './split.ts';
export { loadTfjsBackend, type TfjsBackend, tfjsEngine } from './tfjs-engine.ts';
