import { describe, expect } from 'vitest';
import {
  type Convolution,
  emitConvolution,
  isConvolutionSupported,
} from '../../../../../src/compile/emit/convolutions/convolutions.ts';
import { itOn, runSubroutine, someNumbers, targets } from '../subroutine.ts';

/** images, channels in and out, height and width of the result, height and width of the kernel. */
type Shape = [number, number, number, number, number, number, number];

function convolution(shape: Shape, gap = 0, vertical = 1): Convolution {
  const [images, inChannels, outChannels, height, width, kh, kw] = shape;
  const row = width + kw - 1 + gap;
  const channel = ((height - 1) * vertical + kh) * row;
  return {
    images, inChannels, outChannels, height, width, kernel: [kh, kw], stride: [vertical, 1],
    x: { image: inChannels * channel, channel, row },
    filter: { out: inChannels * kh * kw, in: kh * kw, row: kw, column: 1 },
  }; // biome-ignore format: one idea a line
}

/** The largest error of the subroutine's result, in which whatever lies between rows of the input is NaN. */
function error(c: Convolution, flipped = false): number {
  const input = someNumbers(c.images * c.x.image, 1);
  const used = c.width + c.kernel[1] - 1;
  input.forEach((_, i) => {
    if (i % c.x.row >= used) input[i] = Number.NaN;
  });
  const numbers = someNumbers(c.outChannels * c.inChannels * c.kernel[0] * c.kernel[1], 2);
  const expected = new Float64Array(c.images * c.outChannels * c.height * c.width);
  let place = 0;
  for (let n = 0; n < c.images; n++)
    for (let o = 0; o < c.outChannels; o++)
      for (let y = 0; y < c.height; y++)
        for (let x = 0; x < c.width; x++, place++)
          for (let k = 0; k < c.inChannels; k++)
            for (let i = 0; i < c.kernel[0]; i++)
              for (let j = 0; j < c.kernel[1]; j++) {
                const [fi, fj] = flipped ? [c.kernel[0] - 1 - i, c.kernel[1] - 1 - j] : [i, j];
                const weight = numbers[((o * c.inChannels + k) * c.kernel[0] + fi) * c.kernel[1] + fj];
                expected[place] +=
                  weight * input[n * c.x.image + k * c.x.channel + (y * c.stride[0] + i) * c.x.row + x + j];
              }
  const result = runSubroutine(
    (assembler) => {
      if (flipped) assembler.addNumber(2, 4 * (c.kernel[0] * c.kernel[1] - 1));
      emitConvolution(
        assembler,
        flipped ? { ...c, filter: { ...c.filter, row: -c.kernel[1], column: -1 } } : c,
      );
    },
    { a: input, b: numbers, result: new Float32Array(expected.length).fill(Number.NaN) },
  );
  return result.reduce((worst, value, i) => Math.max(worst, Math.abs(value - expected[i]) || (Number.isNaN(value) ? 1 : 0)), 0); // biome-ignore format: one line
}

describe.each(targets)('a convolution, $name', (target) => {
  const it = itOn(target);

  it.each<[Shape]>([
    [[2, 1, 8, 32, 32, 3, 3]], [[2, 8, 1, 32, 32, 3, 3]], [[2, 8, 16, 16, 16, 3, 3]], [[1, 3, 1, 9, 20, 3, 3]], [[3, 2, 5, 8, 8, 3, 3]],
    [[2, 2, 3, 7, 8, 3, 3]], [[1, 2, 3, 5, 7, 2, 4]], [[1, 4, 2, 6, 4, 3, 3]], [[1, 2, 2, 7, 5, 1, 1]],
    [[2, 1, 1, 1, 1, 1, 1]], [[1, 2, 3, 6, 2, 2, 2]], [[1, 1, 2, 9, 1, 3, 3]], [[1, 2, 33, 4, 17, 5, 5]],
    [[1, 1, 4, 3, 3, 26, 26]], [[2, 3, 7, 3, 33, 1, 3]], [[1, 16, 32, 8, 8, 3, 3]],
  ])('is that of float64 for %j', (shape) => {
    expect(error(convolution(shape))).toBeLessThan(1e-4);
    expect(error(convolution(shape, 5))).toBeLessThan(1e-4);
    expect(error(convolution(shape), true)).toBeLessThan(1e-4);
    expect(error(convolution(shape, 0, 2))).toBeLessThan(1e-4);
  }); // biome-ignore format: a table

  it('says where windows do not begin beside each other', () => {
    const strided: Convolution = { ...convolution([1, 1, 1, 4, 4, 3, 3]), stride: [1, 2] };
    expect(isConvolutionSupported(strided)).toBe(false);
    expect(isConvolutionSupported(convolution([1, 1, 1, 4, 4, 3, 3]))).toBe(true);
  });
});
