/** @file Which places of a kernel and which inputs make every output of a convolution, along one axis. */

/** One number of the kernel times one of the input. */
export interface Tap {
  kernel: number;
  input: number;
}

/** Along one axis: what every output is the sum of, and how the inputs move on: by `inputs` with every `outputs` outputs. */
export interface Windows {
  taps: readonly (readonly Tap[])[];
  step: { inputs: number; outputs: number };
}

export interface WindowOptions {
  /** Lengths of the convolution's input, output and kernel along the axis. */
  input: number;
  output: number;
  kernel: number;
  stride: number;
  dilation: number;
  /** How many zeros are before the input. */
  pad: number;
}

/** output[o] = sum over k of input[o * stride + k * dilation - pad] * kernel[k]; inputs that do not exist are 0. */
export function windows({ input, output, kernel, stride, dilation, pad }: WindowOptions): Windows {
  const taps = Array.from({ length: output }, (_, o) =>
    Array.from({ length: kernel }, (_, k) => ({ kernel: k, input: o * stride + k * dilation - pad })).filter(
      (tap) => tap.input >= 0 && tap.input < input,
    ),
  );
  return { taps, step: { inputs: stride, outputs: 1 } };
}

/** The adjoint: outputs, which here are given, for inputs, which are made. */
export function adjointWindows(options: WindowOptions): Windows {
  const taps: Tap[][] = Array.from({ length: options.input }, () => []);
  for (const [o, list] of windows(options).taps.entries())
    for (const { kernel, input } of list) taps[input].push({ kernel, input: o });
  return { taps, step: { inputs: 1, outputs: options.stride } };
}

/** Neighbouring outputs; their inputs are counted from `base`. */
export interface Tile {
  first: number;
  base: number;
  taps: readonly (readonly Tap[])[];
}

/** Tiles one after the other that look the same. */
export interface Run {
  tile: Tile;
  count: number;
  /** From one tile to the next. */
  step: { inputs: number; outputs: number };
}

/** The axis in tiles of the given lengths, and as many of them as one as there can be. */
export function runsOf({ taps, step }: Windows, lengths: readonly number[]): Run[] {
  const runs: Run[] = [];
  let first = 0;
  let last = '';
  for (const length of lengths) {
    const base = Math.floor(first / step.outputs) * step.inputs;
    const own = taps
      .slice(first, first + length)
      .map((list) => list.map(({ kernel, input }) => ({ kernel, input: input - base })));
    const look = JSON.stringify(own);
    const run = runs.at(-1);
    const next = run && run.tile.base + run.count * run.step.inputs;
    if (run && look === last && length % step.outputs === 0 && base === next) run.count++;
    else {
      const inputs = Math.floor((first + length) / step.outputs) * step.inputs - base;
      runs.push({ tile: { first, base, taps: own }, count: 1, step: { inputs, outputs: length } });
    }
    last = look;
    first += length;
  }
  return runs;
}

/** How many numbers of the kernel meet one of the input in the tiles of the runs, in each kind of tile once. */
export const tapsOf = (runs: readonly Run[]): number =>
  runs.reduce((sum, { tile }) => sum + tile.taps.reduce((n, list) => n + list.length, 0), 0);
