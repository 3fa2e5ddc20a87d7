/** @file What threads that run WebAssembly are told, and how they answer: thread.js. */

import type { WasmMemory, WasmModule } from '../../webassembly/runtime.ts';
import type { BoardPlan } from '../split/part-board.ts';
import type { StepClocks } from './clocks.ts';

/** The parts of a batch: where they lie in memory that all threads share. */
export interface SharedParts {
  plan: BoardPlan;
  board: SharedArrayBuffer;
}

/**
 * With a module: a program to be run in that memory, under a number, with its parts if it is one for parts; with clocks it keeps them. Else:
 * run it once, take parts and run it for each until none are left, or forget it.
 */
export type WasmMessage =
  | { id: number; module: WasmModule; memory: WasmMemory; clocks?: StepClocks; parts?: SharedParts }
  | { id: number; do: 'run' | 'parts' | 'forget' };
