/** @file Threads of this process (Node). */
import { Worker } from 'node:worker_threads';
import type { Port } from './threads.ts';

/** How long an exit of the process waits for native code that a thread is in, in milliseconds. */
const PATIENCE = 20_000;

/**
 * What threads have begun and not ended, and whether the process is about to exit. A library that is ended in the middle of its work
 * may abort the process (onnxruntime does): an exit waits for what has begun, and nothing begins any more.
 */
const working = new Int32Array(new SharedArrayBuffer(8));
let watched = false;

function waitAtExit(): void {
  if (watched) return;
  watched = true;
  process.on('exit', () => {
    Atomics.store(working, 1, 1);
    const until = Date.now() + PATIENCE;
    for (let left = Atomics.load(working, 0); left > 0 && Date.now() < until; left = Atomics.load(working, 0))
      Atomics.wait(working, 0, left, 100);
    if (Atomics.load(working, 0) > 0) process.kill(process.pid, 'SIGKILL');
  });
}

/**
 * @param script of the thread: it answers every message with one of `result` or `error`. As `workerData` it is given two numbers: it
 * adds 1 to the first while it is in code that must not be interrupted, and begins none where the second is 1.
 */
export function workerPort<Message>(script: URL): Port<Message> {
  waitAtExit();
  const worker = new Worker(script, { workerData: working });
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
