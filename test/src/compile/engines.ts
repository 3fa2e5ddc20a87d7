/** @file The ways in which the compiled engine runs on a processor: tests of its results go through all that this machine has. */
import { compiledEngine, type Engine, type TargetName, targetNames } from '../../../src/compile/index.ts';
import { hasAvx2, isSupported } from '../../../src/compile/native/machine.ts';
import { hasRuntime } from '../../../src/compile/onnx/session-program.ts';

const present = { avx512: isSupported, avx2: hasAvx2, wasm: () => true, onnxruntime: hasRuntime };

export const presentTargets = targetNames.filter((name) => present[name]());
if (!hasRuntime())
  console.warn('not run on onnxruntime, which is not installed (npm install onnxruntime-node)');

export const compiledEngines = (threads = 1): [name: TargetName, engine: Engine][] =>
  presentTargets.map((target) => [target, compiledEngine({ threads, target })]);
