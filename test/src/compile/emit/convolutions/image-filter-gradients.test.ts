import { describe, expect } from 'vitest';
import {
  emitImageFilterGradient,
  type ImageFilterGradient,
  isImageFilterGradientSupported,
} from '../../../../../src/compile/emit/convolutions/image-filter-gradients.ts';
import { windows } from '../../../../../src/compile/emit/convolutions/windows.ts';
import { itOn, runSubroutine, someNumbers, targets } from '../subroutine.ts';

interface Kind {
  images: number;
  channels: [inside: number, outside: number];
  size: [height: number, width: number];
  kernel: [height: number, width: number];
  stride?: number;
  pad?: number;
}

/** The largest error of the subroutine against loops in float64. */
function error({ images, channels: [inside, outside], size, kernel, stride = 1, pad = 0 }: Kind): number {
  const small = size.map((n, axis) => Math.floor((n + 2 * pad - kernel[axis]) / stride) + 1);
  const [rows, columns] = [0, 1].map((axis) =>
    windows({ input: size[axis], output: small[axis], kernel: kernel[axis], stride, dilation: 1, pad }),
  );
  const strides = ([h, w]: number[]) => ({ channel: h * w * images, row: w * images, column: images });
  const [x, dy] = [strides(size), strides(small)];
  const [kh, kw] = kernel;
  const gradient = { out: 1, in: outside, row: kw * inside * outside, column: inside * outside };
  const c: ImageFilterGradient = { images, inChannels: inside, outChannels: outside, kernel, rows, columns, x, dy, gradient }; // biome-ignore format: one line
  expect(isImageFilterGradientSupported(c)).toBe(true);
  const [a, b] = [someNumbers(inside * x.channel, 1), someNumbers(outside * dy.channel, 2)];
  const expected = new Float64Array(kh * kw * inside * outside);
  for (let i = 0; i < kh; i++)
    for (let j = 0; j < kw; j++)
      for (let o = 0; o < outside; o++)
        for (let s = 0; s < inside; s++)
          for (let y = 0; y < small[0]; y++)
            for (let z = 0; z < small[1]; z++) {
              const [row, column] = [y * stride + i - pad, z * stride + j - pad];
              if (row < 0 || row >= size[0] || column < 0 || column >= size[1]) continue;
              const source = s * x.channel + row * x.row + column * x.column;
              const back = o * dy.channel + y * dy.row + z * dy.column;
              const place = i * gradient.row + j * gradient.column + s * gradient.in + o;
              for (let n = 0; n < images; n++) expected[place] += a[source + n] * b[back + n];
            }
  const found = runSubroutine((assembler) => emitImageFilterGradient(assembler, c), {
    a,
    b,
    result: new Float32Array(expected.length).fill(Number.NaN),
  });
  return found.reduce((worst, value, i) => Math.max(worst, Math.abs(value - expected[i]) || (Number.isNaN(value) ? 1 : 0)), 0); // biome-ignore format: one line
}

describe.each(targets)('a filter gradient over images beside each other, $name', (target) => {
  const it = itOn(target);

  it.each<Kind>([
    { images: 16, channels: [2, 3], size: [4, 4], kernel: [3, 3], pad: 1 },
    { images: 16, channels: [1, 8], size: [9, 8], kernel: [3, 3], stride: 2, pad: 1 },
    { images: 5, channels: [7, 4], size: [3, 4], kernel: [1, 1] },
    { images: 37, channels: [2, 5], size: [5, 6], kernel: [2, 4], pad: 1 },
    { images: 1, channels: [3, 3], size: [6, 5], kernel: [3, 2], stride: 3 },
    { images: 16, channels: [2, 2], size: [12, 12], kernel: [6, 7], pad: 3 },
    { images: 17, channels: [33, 31], size: [2, 2], kernel: [1, 1] },
    { images: 16, channels: [3, 2], size: [3, 3], kernel: [2, 2], stride: 2, pad: 2 },
  ])('is that of float64 for %j', (kind) => {
    expect(error(kind)).toBeLessThan(1e-4);
  });
});
