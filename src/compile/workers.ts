/** @file Threads of this process (Node). */
import { Worker } from 'node:worker_threads';
import type { Port } from './threads.ts';

/** @param script of the thread: it answers every message with one of `result` or `error` */
export function workerPort<Message>(script: URL): Port<Message> {
  const worker = new Worker(script);
  return {
    post: (message) => worker.postMessage(message),
    listen(answered, failed) {
      worker.on('message', answered);
      worker.on('messageerror', failed);
      worker.on('error', failed);
      worker.on('exit', (code) => failed(new Error(`a thread ended with status ${code}`)));
    },
    // A thread that is waited for keeps the process alive; one at rest does not.
    busy: (is) => (is ? worker.ref() : worker.unref()),
    end: () => worker.terminate(),
  };
}
