/** @file What threads that run WebAssembly are told, and how they answer: thread.js. */

import type { WasmMemory, WasmModule } from '../../webassembly/runtime.ts';
import type { StepClocks } from './clocks.ts';

/** With a module: a program to be run in that memory, under a number; with clocks it keeps them. Else: run it, or forget it. */
export type WasmMessage =
  | { id: number; module: WasmModule; memory: WasmMemory; clocks?: StepClocks }
  | { id: number; do: 'run' | 'forget' };
