// A thread that runs programs of WebAssembly, in Node and in browsers. What it is told, and how it answers: thread-messages.ts.
// Asked for without an import, which would fail in a browser.
const node = globalThis.process?.getBuiltinModule?.('node:worker_threads');
const port = node?.parentPort ?? globalThis;
const programs = new Map();

// As `timer` in clocks.ts.
function timer(clocks) {
  if (!clocks) return { start() {}, step() {} };
  const { of, ticks } = clocks;
  let last = 0;
  return {
    start() {
      last = 1e6 * performance.now();
    },
    step(index) {
      const now = 1e6 * performance.now();
      ticks[of[index]] += now - last;
      last = now;
    },
  };
}

function answer(message) {
  const { id, module, memory } = message;
  if (module) {
    const { start, step } = timer(message.clocks);
    const { run } = new WebAssembly.Instance(module, { ebmm: { memory, step } }).exports;
    programs.set(id, () => {
      start();
      run();
    });
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
