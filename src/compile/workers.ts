/** @file Threads of this process that compute at the same time as this one. */
import { Worker } from 'node:worker_threads';

/** One thread; it answers in the order in which it is asked. Its script answers every message with one of `result` or `error`. */
export class Thread<Message, Result> {
  readonly #worker: Worker;
  readonly #waiting: { resolve(result: Result): void; reject(error: Error): void }[] = [];

  constructor(script: URL) {
    this.#worker = new Worker(script);
    this.#worker.unref();
    this.#worker.on('message', ({ result, error }: { result: Result; error?: string }) => {
      const asked = this.#next();
      if (error === undefined) asked?.resolve(result);
      else asked?.reject(new Error(error));
    });
    this.#worker.on('error', (error) => {
      while (this.#waiting.length > 0) this.#next()!.reject(error as Error);
    });
  }

  ask(message: Message): Promise<Result> {
    // A thread that is waited for keeps the process alive; one at rest does not.
    this.#worker.ref();
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#worker.postMessage(message);
    });
  }

  async end(): Promise<void> {
    await this.#worker.terminate();
  }

  #next() {
    const asked = this.#waiting.shift();
    if (this.#waiting.length === 0) this.#worker.unref();
    return asked;
  }
}

/** Threads of one kind, made when they are needed. */
export class Threads<Message, Result> {
  readonly #script: URL;
  readonly #threads: Thread<Message, Result>[] = [];

  /** @param script of every thread */
  constructor(script: URL) {
    this.#script = script;
  }

  take(count: number): Thread<Message, Result>[] {
    while (this.#threads.length < count) this.#threads.push(new Thread(this.#script));
    return this.#threads.slice(0, count);
  }

  async end(): Promise<void> {
    await Promise.all(this.#threads.splice(0).map((thread) => thread.end()));
  }
}
