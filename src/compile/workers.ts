/** @file Threads of this process that run onnxruntime sessions at the same time: onnxruntime's own `run` holds its thread. */
import { Worker } from 'node:worker_threads';
import type { InferenceSession } from 'onnxruntime-node';
import type { NamedValues } from './engine.ts';
import type { Dtype, Values } from './graph.ts';

/** A tensor as it travels between threads. */
export interface Feed {
  type: Dtype;
  data: Values;
  dims: readonly number[];
}

interface Message {
  id: number;
  model?: Uint8Array;
  options?: InferenceSession.SessionOptions;
  feeds?: Record<string, Feed>;
}

/** One thread; it answers in the order in which it is asked. */
export class SessionThread {
  readonly #worker = new Worker(new URL('./worker.cjs', import.meta.url));
  readonly #waiting: { resolve(result: NamedValues): void; reject(error: Error): void }[] = [];

  constructor() {
    this.#worker.unref();
    this.#worker.on('message', ({ result, error }: { result: NamedValues; error?: string }) => {
      const asked = this.#next();
      if (error === undefined) asked?.resolve(result);
      else asked?.reject(new Error(error));
    });
    this.#worker.on('error', (error) => {
      while (this.#waiting.length > 0) this.#next()!.reject(error as Error);
    });
  }

  async create(id: number, model: Uint8Array, options: InferenceSession.SessionOptions): Promise<void> {
    await this.#ask({ id, model, options });
  }

  run(id: number, feeds: Record<string, Feed>): Promise<NamedValues> {
    return this.#ask({ id, feeds });
  }

  async end(): Promise<void> {
    await this.#worker.terminate();
  }

  #ask(message: Message): Promise<NamedValues> {
    // A thread that is waited for keeps the process alive; one at rest does not.
    this.#worker.ref();
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#worker.postMessage(message);
    });
  }

  #next() {
    const asked = this.#waiting.shift();
    if (this.#waiting.length === 0) this.#worker.unref();
    return asked;
  }
}
