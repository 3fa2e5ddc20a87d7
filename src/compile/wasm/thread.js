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

// Takes the next part that no thread has taken until there is none: copies the values of each of its pieces into the memory of the program,
// runs it, and copies results to where those of all threads lie. As part-loop.ts does in machine code; places are those of part-board.ts.
const [NEXT, COUNT] = [0, 2];
function partLoop(run, memory, { plan, board }) {
  const { inputs, sums, stacked, pieces } = plan;
  const counters = new Int32Array(board, 0, 4);
  const [own, all] = [new Uint8Array(memory.buffer), new Uint8Array(board)];
  const inOwn = ({ from, bytes }) => own.subarray(from, from + bytes);
  const onBoard = ({ at, bytes }, k) => all.subarray(at + k * bytes, at + (k + 1) * bytes);
  return () => {
    for (;;) {
      const part = Atomics.add(counters, NEXT, 1);
      if (part >= counters[COUNT]) return;
      if (pieces > 1) for (const sum of sums) inOwn(sum).fill(0);
      for (let k = part * pieces; k < (part + 1) * pieces; k++) {
        for (const input of inputs) inOwn(input).set(onBoard(input, k));
        run();
        for (const output of stacked) onBoard(output, k).set(inOwn(output));
      }
      for (const sum of sums) onBoard(sum, part).set(inOwn(sum));
    }
  };
}

function programOf({ module, memory, clocks, parts }) {
  const { start, step } = timer(clocks);
  const instance = new WebAssembly.Instance(module, { ebmm: { memory, step } });
  const run = () => {
    start();
    instance.exports.run();
  };
  return { run, parts: parts && partLoop(run, memory, parts) };
}

function answer(message) {
  const { id } = message;
  if (message.module) programs.set(id, programOf(message));
  else if (message.do === 'forget') programs.delete(id);
  else programs.get(id)[message.do]();
}

port.onmessage = ({ data }) => {
  try {
    answer(data);
    port.postMessage({ result: undefined });
  } catch (error) {
    port.postMessage({ result: undefined, error: String(error?.message ?? error) });
  }
};
