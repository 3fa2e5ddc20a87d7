// A thread that runs programs of WebAssembly. What it is told, and how it answers: thread-messages.ts.
const { parentPort } = require('node:worker_threads');

const programs = new Map();

function answer(message) {
  const { id, module, memory } = message;
  if (module) {
    const imports = { ebmm: { memory, step() {} } };
    programs.set(id, new WebAssembly.Instance(module, imports).exports.run);
  } else if (message.do === 'forget') programs.delete(id);
  else programs.get(id)();
}

parentPort.on('message', (message) => {
  try {
    answer(message);
    parentPort.postMessage({ result: undefined });
  } catch (error) {
    parentPort.postMessage({ result: undefined, error: String(error?.message ?? error) });
  }
});
