/** @file Threads that compute at the same time as this one, wherever they come from. */

/** The other end of a thread. */
export interface Port<Message> {
  post(message: Message): void;
  /** `answered` is called for every message in the order in which they were posted, `failed` when no more answers come. */
  listen<Result>(
    answered: (answer: { result: Result; error?: string }) => void,
    failed: (error: Error) => void,
  ): void;
  /** Whether the thread, at work, keeps the process alive. */
  busy?(is: boolean): void;
  end(): Promise<unknown>;
}

/** One thread; it answers in the order in which it is asked: every message with one of `result` or `error`. */
export class Thread<Message, Result> {
  readonly #port: Port<Message>;
  readonly #waiting: { resolve(result: Result): void; reject(error: Error): void }[] = [];
  #failure: Error | undefined;

  constructor(port: Port<Message>) {
    this.#port = port;
    port.busy?.(false);
    port.listen<Result>(
      ({ result, error }) => {
        const asked = this.#waiting.shift();
        if (this.#waiting.length === 0) port.busy?.(false);
        if (error === undefined) asked?.resolve(result);
        else asked?.reject(new Error(error));
      },
      (error) => this.#fail(error),
    );
  }

  /** @throws Error that the thread answered with, or because of which it no longer answers */
  ask(message: Message): Promise<Result> {
    if (this.#failure) return Promise.reject(this.#failure);
    this.#port.busy?.(true);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#port.post(message);
    });
  }

  /** What has not been answered never will be. */
  async end(): Promise<void> {
    this.#fail(new Error('the thread was ended'));
    await this.#port.end();
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    for (const { reject } of this.#waiting.splice(0)) reject(this.#failure);
  }
}

/** Threads of one kind, made when they are needed. */
export class Threads<Message, Result> {
  readonly #open: () => Port<Message>;
  readonly #threads: Thread<Message, Result>[] = [];

  constructor(open: () => Port<Message>) {
    this.#open = open;
  }

  take(count: number): Thread<Message, Result>[] {
    while (this.#threads.length < count) this.#threads.push(new Thread(this.#open()));
    return this.#threads.slice(0, count);
  }

  async end(): Promise<void> {
    await Promise.all(this.#threads.splice(0).map((thread) => thread.end()));
  }
}
