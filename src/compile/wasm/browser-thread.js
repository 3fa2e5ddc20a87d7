// A thread that runs programs of WebAssembly in a browser. What it is told, and how it answers: thread-messages.ts.
const programs = new Map();

function answer(message) {
  const { id, module, memory } = message;
  if (module) {
    const imports = { ebmm: { memory, step() {} } };
    programs.set(id, new WebAssembly.Instance(module, imports).exports.run);
  } else if (message.do === 'forget') programs.delete(id);
  else programs.get(id)();
}

globalThis.onmessage = ({ data }) => {
  try {
    answer(data);
    globalThis.postMessage({ result: undefined });
  } catch (error) {
    globalThis.postMessage({ result: undefined, error: String(error?.message ?? error) });
  }
};
