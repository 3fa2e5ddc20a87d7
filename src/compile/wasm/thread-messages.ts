/** @file What threads that run WebAssembly are told, and how they answer: thread.js. */
import type { WasmMemory, WasmModule } from '../../webassembly/runtime.ts';

/** With a module: a program to be run in that memory, under a number. Else: run it, or forget it. */
export type WasmMessage =
  | { id: number; module: WasmModule; memory: WasmMemory }
  | { id: number; do: 'run' | 'forget' };
