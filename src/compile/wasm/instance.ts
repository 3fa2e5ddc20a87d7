/** @file A program of WebAssembly, joined with the memory it works in. */
import { PAGE_BYTES } from '../../webassembly/module.ts';
import { runtime, type WasmMemory, type WasmModule } from '../../webassembly/runtime.ts';

/** What modules import and export. */
export const names = { from: 'ebmm', memory: 'memory', step: 'step', run: 'run' } as const;

/** @returns what runs the program once */
export function instantiate(
  module: WasmModule,
  memory: WasmMemory,
  step: (index: number) => void = () => undefined,
): () => void {
  const imports = { [names.from]: { [names.memory]: memory, [names.step]: step } };
  return new runtime!.Instance(module, imports).exports[names.run] as () => void;
}

export const pagesOf = (bytes: number): number => Math.max(1, Math.ceil(bytes / PAGE_BYTES));

/** @throws Error where there is not so much memory */
export function newMemory(bytes: number, shared: boolean): WasmMemory {
  const pages = pagesOf(bytes);
  return new runtime!.Memory({ initial: pages, maximum: pages, shared });
}
