/** @file Questions to a worker: one answer or several, each of which can be called off. */

type Request =
  | { id: number; kind: 'call' | 'stream'; method: string; question: unknown }
  | { id: number; kind: 'cancel' };

type Answer = { id: number; value?: unknown; done?: boolean; error?: { name: string; message: string } };

interface Port {
  postMessage(message: unknown): void;
  addEventListener(type: 'message', listener: (event: { data: unknown }) => void): void;
}

/** What a handler sees: whether it is still wanted, and a way to let other questions in between. */
export interface Turn {
  readonly cancelled: boolean;
  breathe(): Promise<void>;
}

type Handler = (question: never, turn: Turn) => unknown;

/** Answers questions that come in through the port, with a table of functions (for streams: generators). */
export function serve(port: Port, handlers: Record<string, Handler>): void {
  const running = new Map<number, { cancelled: boolean; breathe(): Promise<void> }>();
  port.addEventListener('message', async ({ data }) => {
    const request = data as Request;
    if (request.kind === 'cancel') {
      const turn = running.get(request.id);
      if (turn) turn.cancelled = true;
      return;
    }
    const turn = { cancelled: false, breathe };
    running.set(request.id, turn);
    const answer = (rest: Omit<Answer, 'id'>) => port.postMessage({ id: request.id, ...rest });
    try {
      const result = handlers[request.method](request.question as never, turn);
      if (request.kind === 'stream') {
        for await (const value of result as AsyncIterable<unknown>) {
          if (turn.cancelled) break;
          answer({ value });
          await breathe();
          if (turn.cancelled) break;
        }
        answer({ done: true });
      } else answer({ value: await result, done: true });
    } catch (error) {
      const { name, message } = error instanceof Error ? error : new Error(String(error));
      answer({ error: { name, message }, done: true });
    } finally {
      running.delete(request.id);
    }
  });
}

/** Lets messages that have come in be handled. A timer would wait four milliseconds. */
function breathe(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    // As browsers have it; Node's types know only its own ways.
    const back = port1 as unknown as { onmessage: () => void };
    back.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(0);
  });
}

/** What a worker said went wrong. `name` is "InputError" where the input is to blame. */
export class WorkerError extends Error {
  constructor({ name, message }: { name: string; message: string }) {
    super(message);
    this.name = name;
  }
}

type Question<F> = F extends (question: infer Q) => unknown ? Q : never;
type Reply<F> = F extends (question: never) => infer R ? R : never;

export interface Client<C, S> {
  call<M extends keyof C & string>(method: M, question: Question<C[M]>): Promise<Reply<C[M]>>;
  /** Ends, without an error, when the signal fires. */
  stream<M extends keyof S & string>(
    method: M,
    question: Question<S[M]>,
    signal?: AbortSignal,
  ): AsyncGenerator<Reply<S[M]>, void>;
}

/** The other end of `serve`. */
export function clientOf<C, S>(port: Port): Client<C, S> {
  let last = 0;
  const waiting = new Map<number, (answer: Answer) => void>();
  port.addEventListener('message', ({ data }) => {
    const answer = data as Answer;
    waiting.get(answer.id)?.(answer);
  });
  const ask = (kind: 'call' | 'stream', method: string, question: unknown, onAnswer: (a: Answer) => void) => {
    const id = ++last;
    waiting.set(id, (answer) => {
      if (answer.done) waiting.delete(id);
      onAnswer(answer);
    });
    port.postMessage({ id, kind, method, question } satisfies Request);
    return id;
  };
  return {
    call: (method, question) =>
      new Promise((resolve, reject) => {
        ask('call', method, question, ({ value, error }) => {
          if (error) reject(new WorkerError(error));
          else resolve(value as never);
        });
      }),
    async *stream(method, question, signal) {
      const arrived: Answer[] = [];
      let wake = () => {};
      const id = ask('stream', method, question, (answer) => {
        arrived.push(answer);
        wake();
      });
      const stop = () => {
        port.postMessage({ id, kind: 'cancel' } satisfies Request);
        wake();
      };
      signal?.addEventListener('abort', stop, { once: true });
      try {
        for (;;) {
          if (signal?.aborted) return;
          const answer = arrived.shift();
          if (!answer) {
            await new Promise<void>((resolve) => {
              wake = resolve;
            });
            continue;
          }
          if (answer.error) throw new WorkerError(answer.error);
          if (answer.done) return;
          yield answer.value as never;
        }
      } finally {
        signal?.removeEventListener('abort', stop);
        if (waiting.delete(id)) port.postMessage({ id, kind: 'cancel' } satisfies Request);
      }
    },
  };
}
