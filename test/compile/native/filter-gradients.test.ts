import { describe, expect, it } from 'vitest';
import { emitFilterGradient, type FilterGradient } from '../../../src/compile/native/filter-gradients.ts';
import { isSupported } from '../../../src/compile/native/machine.ts';
import { runSubroutine, someNumbers } from './subroutine.ts';

/** images, channels in and out, height and width of dy, height and width of the kernel. */
type Shape = [number, number, number, number, number, number, number];

function gradient(shape: Shape, gap = 0): FilterGradient {
  const [images, inChannels, outChannels, height, width, kh, kw] = shape;
  const row = width + kw - 1 + gap;
  const channel = (height + kh - 1) * row;
  return {
    images, inChannels, outChannels, height, width, kernel: [kh, kw],
    x: { image: inChannels * channel, channel, row },
    dy: { image: outChannels * height * (width + gap), channel: height * (width + gap), row: width + gap },
    gradient: { out: inChannels * kh * kw, in: kh * kw, row: kw, column: 1 },
  }; // biome-ignore format: one idea a line
}

/** The largest error of the subroutine's result, relative to the number of terms; between the rows of operands is NaN. */
function error(g: FilterGradient, order: 'as it is' | 'flipped' = 'as it is'): number {
  const spaced = (length: number, row: number, used: number, seed: number) =>
    someNumbers(length, seed).map((value, i) => (i % row < used ? value : Number.NaN));
  const x = spaced(g.images * g.x.image, g.x.row, g.width + g.kernel[1] - 1, 1);
  const dy = spaced(g.images * g.dy.image, g.dy.row, g.width, 2);
  const size = g.kernel[0] * g.kernel[1];
  const expected = new Float64Array(g.outChannels * g.inChannels * size);
  for (let o = 0; o < g.outChannels; o++)
    for (let c = 0; c < g.inChannels; c++)
      for (let k = 0; k < size; k++) {
        const [i, j] = [Math.floor(k / g.kernel[1]), k % g.kernel[1]];
        let sum = 0;
        for (let n = 0; n < g.images; n++)
          for (let y = 0; y < g.height; y++)
            for (let z = 0; z < g.width; z++)
              sum +=
                dy[n * g.dy.image + o * g.dy.channel + y * g.dy.row + z] *
                x[n * g.x.image + c * g.x.channel + (y + i) * g.x.row + z + j];
        expected[(o * g.inChannels + c) * size + (order === 'flipped' ? size - 1 - k : k)] = sum;
      }
  const result = runSubroutine(
    (assembler) => {
      if (order === 'flipped') assembler.addNumber(1, 4 * (size - 1));
      emitFilterGradient(
        assembler,
        order === 'flipped' ? { ...g, gradient: { ...g.gradient, row: -g.kernel[1], column: -1 } } : g,
      );
    },
    { a: x, b: dy, result: new Float32Array(expected.length).fill(Number.NaN) },
  );
  let worst = 0;
  result.forEach((value, i) => {
    if (Number.isNaN(value)) throw new Error(`number ${i} of the result is NaN`);
    worst = Math.max(worst, Math.abs(value - expected[i]));
  });
  return worst / (g.images * g.height * g.width);
}

describe.skipIf(!isSupported())('the gradient of a filter in machine code', () => {
  it.each<[Shape]>([
    [[2, 1, 8, 32, 32, 3, 3]], [[2, 8, 16, 16, 16, 3, 3]], [[1, 3, 1, 9, 20, 3, 3]], [[3, 2, 5, 8, 8, 3, 3]],
    [[2, 2, 3, 7, 8, 3, 3]], [[1, 2, 3, 5, 7, 2, 4]], [[1, 4, 2, 6, 4, 3, 3]], [[1, 2, 2, 7, 5, 1, 1]],
    [[2, 1, 1, 1, 1, 1, 1]], [[1, 2, 3, 6, 2, 2, 2]], [[1, 1, 2, 9, 1, 3, 3]], [[1, 2, 17, 4, 17, 5, 5]],
    [[1, 1, 4, 3, 3, 9, 8]], [[2, 3, 7, 3, 33, 1, 3]], [[1, 4, 32, 8, 8, 3, 3]],
  ])('is that of float64 for %j', (shape) => {
    expect(error(gradient(shape))).toBeLessThan(2e-6);
    expect(error(gradient(shape, 5))).toBeLessThan(2e-6);
    expect(error(gradient(shape), 'flipped')).toBeLessThan(2e-6);
  }); // biome-ignore format: a table
});
