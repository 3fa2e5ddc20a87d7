// A thread that runs programs of WebAssembly, in Node and in browsers. What it is told, and how it answers: thread-messages.ts.
// Asked for without an import, which would fail in a browser.
const node = globalThis.process?.getBuiltinModule?.('node:worker_threads');
const port = node?.parentPort ?? globalThis;
const programs = new Map();

function answer(message) {
  const { id, module, memory } = message;
  if (module) {
    const imports = { ebmm: { memory, step() {} } };
    programs.set(id, new WebAssembly.Instance(module, imports).exports.run);
  } else if (message.do === 'forget') programs.delete(id);
  else programs.get(id)();
}

port.onmessage = ({ data }) => {
  try {
    answer(data);
    port.postMessage({ result: undefined });
  } catch (error) {
    port.postMessage({ result: undefined, error: String(error?.message ?? error) });
  }
};
