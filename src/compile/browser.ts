/**
 * @file The engine of browsers: WebAssembly, with nothing of Node in it and nothing of onnxruntime. What a page needs besides lies in
 * src/energy, src/memory and src/hopfield, which know nothing of where they run.
 */

import { whole } from '../arguments.ts';
import { checkNames } from '../option-names.ts';
import { MOST_THREADS } from './engines/choices.ts';
import { wasmEngine } from './engines/wasm-engine.ts';
import type { Engine } from './program/engine.ts';
import type { Port } from './program/threads.ts';
import type { WasmMessage } from './wasm/thread-messages.ts';

export type { Engine, InputSpec, NamedTensors, NamedValues, Program, TensorFunction, Values } from './program/engine.ts'; // biome-ignore format: one export

/** What this file needs of a browser; TypeScript declares it only for programs that have nothing of Node. */
interface BrowserWorker {
  postMessage(message: unknown): void;
  terminate(): void;
  onmessage: ((event: { data: never }) => void) | null;
  onerror: ((event: { message?: string }) => void) | null;
}
interface Browser {
  crossOriginIsolated?: boolean;
  navigator?: { hardwareConcurrency?: number };
  Worker?: new (script: URL, options: { type: 'module' }) => BrowserWorker;
}
declare const Worker: NonNullable<Browser['Worker']>;

export interface WebAssemblyEngineOptions {
  /**
   * Threads that compute parts of a batch at once. More than one want a page that is isolated from other origins (headers
   * Cross-Origin-Opener-Policy: same-origin, Cross-Origin-Embedder-Policy: require-corp), and are one elsewhere. Default: as many as the
   * machine offers.
   */
  threads?: number;
}

/**
 * Best made in a worker of its own: a program holds up the thread that runs it.
 * @throws InputError for an unknown option; on compiling what no kernel is written for
 */
export function webAssemblyEngine(options: WebAssemblyEngineOptions = {}): Engine {
  checkNames('webAssemblyEngine', options, { threads: whole(1, MOST_THREADS) });
  const { threads } = options;
  const browser = globalThis as unknown as Browser;
  const parallel = browser.crossOriginIsolated === true && browser.Worker !== undefined;
  return wasmEngine({
    threads: parallel ? (threads ?? browser.navigator?.hardwareConcurrency ?? 1) : 1,
    open: browserPort,
  });
}

function browserPort(): Port<WasmMessage> {
  // Bundlers look for this form.
  const worker = new Worker(new URL('./wasm/thread.js', import.meta.url), { type: 'module' });
  return {
    post: (message) => worker.postMessage(message),
    listen(answered, failed) {
      worker.onmessage = ({ data }) => answered(data);
      worker.onerror = ({ message }) => failed(new Error(message ?? 'a thread could not be started'));
    },
    end: async () => worker.terminate(),
  };
}
