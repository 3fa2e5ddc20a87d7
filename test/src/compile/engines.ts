/** @file The ways in which the compiled engine runs on a processor: tests of its results go through all that this machine has. */
import { compiledEngine, type Engine, type TargetName, targetNames } from '../../../src/compile/index.ts';
import { hasAvx2, isSupported } from '../../../src/compile/native/machine.ts';

export const presentTargets = targetNames.filter(
  (name) => (name !== 'avx512' || isSupported()) && (name !== 'avx2' || hasAvx2()),
);

export const compiledEngines = (threads = 1): [name: TargetName, engine: Engine][] =>
  presentTargets.map((target) => [target, compiledEngine({ threads, target })]);
