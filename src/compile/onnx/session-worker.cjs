// A thread that runs onnxruntime sessions: its own, so that they compute while other threads do. See session-parts.ts.
const { parentPort, workerData: working } = require('node:worker_threads');
const { InferenceSession, Tensor } = require('onnxruntime-node');

const sessions = new Map();

async function answer({ id, model, options, feeds, forget }) {
  if (forget) {
    const session = sessions.get(id);
    sessions.delete(id);
    await session?.release();
    return undefined;
  }
  if (model) {
    sessions.set(id, await InferenceSession.create(model, options));
    return undefined;
  }
  const given = Object.entries(feeds).map(([name, { type, data, dims }]) => [
    name,
    new Tensor(type, data, dims),
  ]);
  const results = await sessions.get(id).run(Object.fromEntries(given));
  return Object.fromEntries(Object.entries(results).map(([name, { data }]) => [name, data]));
}

parentPort.on('message', (message) => {
  Atomics.add(working, 0, 1);
  const done = () => {
    Atomics.sub(working, 0, 1);
    Atomics.notify(working, 0);
  };
  // Nothing begins while the process exits.
  if (Atomics.load(working, 1) === 1) {
    done();
    return;
  }
  answer(message)
    .finally(done)
    .then(
      (result) => parentPort.postMessage({ result }),
      (error) => parentPort.postMessage({ error: String(error?.message ?? error) }),
    );
});
