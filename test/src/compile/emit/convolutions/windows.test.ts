import { describe, expect, it } from 'vitest';
import { adjointWindows, runsOf, windows } from '../../../../../src/compile/emit/convolutions/windows.ts';

describe('windows of a convolution', () => {
  const options = { input: 9, output: 5, kernel: 3, stride: 2, dilation: 1, pad: 1 };

  it('see what is inside', () => {
    const { taps, step } = windows(options);
    expect(step).toEqual({ inputs: 2, outputs: 1 });
    expect(taps[0]).toEqual([
      { kernel: 1, input: 0 },
      { kernel: 2, input: 1 },
    ]);
    expect(taps[4].map(({ input }) => input)).toEqual([7, 8]);
  });

  it('turn round: who sees whom is the same', () => {
    const pairs = (found: [number, number, number][]) => found.map(String).sort();
    const there = windows(options).taps.flatMap((list, o) =>
      list.map(({ kernel, input }): [number, number, number] => [o, kernel, input]),
    );
    const back = adjointWindows(options).taps.flatMap((list, o) =>
      list.map(({ kernel, input }): [number, number, number] => [input, kernel, o]),
    );
    expect(pairs(back)).toEqual(pairs(there));
  });

  it.each([1, 2, 3, 5])('run on in tiles of %i', (length) => {
    for (const axis of [windows(options), adjointWindows(options)]) {
      const lengths = Array<number>(Math.floor(axis.taps.length / length)).fill(length);
      if (axis.taps.length % length) lengths.push(axis.taps.length % length);
      const unrolled = runsOf(axis, lengths).flatMap(({ tile, count, step }) =>
        Array.from({ length: count }, (_, i) =>
          tile.taps.map((list) =>
            list.map(({ kernel, input }) => ({ kernel, input: input + tile.base + i * step.inputs })),
          ),
        ).flat(),
      );
      expect(unrolled).toEqual(axis.taps);
    }
  });

  it('run in a loop where they look the same', () => {
    const runs = runsOf(windows({ ...options, input: 33, output: 17 }), Array<number>(17).fill(1));
    expect(runs.map(({ count }) => count)).toEqual([1, 15, 1]);
    const back = runsOf(adjointWindows({ ...options, input: 33, output: 17 }), [...Array<number>(16).fill(2), 1]); // biome-ignore format: one line
    expect(back.map(({ count }) => count)).toEqual([16, 1]);
  });
});
