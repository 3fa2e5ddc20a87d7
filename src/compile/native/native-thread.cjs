// A thread that calls machine code in the memory of the process: native-parts.ts tells it where both are.
const { parentPort } = require('node:worker_threads');
const koffi = require('koffi');

// Without it koffi's calls of this thread have no stack.
koffi.load(null);
const prototype = koffi.proto('int64 ebmm_code(void *base)');
const functions = new Map();

function call({ code, memory }) {
  let known = functions.get(code);
  if (!known) {
    // Freed code leaves its address to other code of the same kind.
    known = koffi.decode(code, prototype);
    functions.set(code, known);
  }
  known(memory);
}

parentPort.on('message', (message) => {
  try {
    call(message);
    parentPort.postMessage({ result: undefined });
  } catch (error) {
    parentPort.postMessage({ result: undefined, error: String(error?.message ?? error) });
  }
});
