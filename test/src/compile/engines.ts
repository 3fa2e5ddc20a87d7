/** @file The ways in which the compiled engine runs on a processor: tests of its results go through all that this machine has. */
import { compiledEngine, type Engine } from '../../../src/compile/index.ts';
import { isSupported } from '../../../src/compile/native/machine.ts';

const ways = isSupported() ? [false, true] : [false];

export const compiledEngines = (threads = 1): [name: string, engine: Engine][] =>
  ways.map((native) => [native ? 'machine code' : 'onnxruntime', compiledEngine({ threads, native })]);
