/** @file What the runtime offers of WebAssembly. TypeScript declares the global object only together with the browser's. */
import { Body } from './body.ts';
import { simd } from './instructions.ts';
import { writeModule } from './module.ts';

export interface WasmMemory {
  readonly buffer: ArrayBufferLike;
}
export type WasmModule = object;
export interface WasmInstance {
  exports: Record<string, unknown>;
}

interface Runtime {
  Module: new (bytes: Uint8Array) => WasmModule;
  Instance: new (module: WasmModule, imports?: Record<string, Record<string, unknown>>) => WasmInstance;
  Memory: new (limits: { initial: number; maximum: number; shared: boolean }) => WasmMemory;
  validate(bytes: Uint8Array): boolean;
  compile(bytes: Uint8Array): Promise<WasmModule>;
}

export const runtime: Runtime | undefined = (globalThis as unknown as { WebAssembly?: Runtime }).WebAssembly;

/** Whether a function with this body is a valid one here. */
function isValid(write: (body: Body) => void): boolean {
  const body = new Body();
  write(body);
  const memory = { exported: 'memory', pages: 1 };
  return runtime?.validate(writeModule({ memory, functions: [{ parameters: 0, body: body.finish() }] })) ?? false; // biome-ignore format: one thought
}

/** Whether it has vectors of 128 bits. */
export function hasVectors(): boolean {
  vectors ??= isValid((body) => {
    body.integer(0);
    body.vector([1, 2, 3, 4]);
    body.memory(simd.store, 0);
  });
  return vectors;
}
let vectors: boolean | undefined;

/** Whether it has multiplications with an addition that round as is fastest. */
export function hasRelaxed(): boolean {
  relaxed ??= isValid((body) => {
    body.integer(0);
    for (let i = 0; i < 3; i++) body.vector([1, 2, 3, 4]);
    body.simd(simd.relaxedMultiplyAdd);
    body.memory(simd.store, 0);
  });
  return relaxed;
}
let relaxed: boolean | undefined;

/** Whether threads can share memory: in a browser only on a page that is isolated from other origins. */
export function hasThreads(): boolean {
  return typeof SharedArrayBuffer === 'function' && typeof Atomics === 'object';
}
