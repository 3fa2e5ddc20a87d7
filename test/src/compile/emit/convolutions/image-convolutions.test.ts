import { describe, expect } from 'vitest';
import {
  emitImageConvolution,
  type ImageConvolution,
  isImageConvolutionSupported,
} from '../../../../../src/compile/emit/convolutions/image-convolutions.ts';
import { adjointWindows, windows } from '../../../../../src/compile/emit/convolutions/windows.ts';
import { itOn, runSubroutine, someNumbers, targets } from '../subroutine.ts';

interface Kind {
  images: number;
  groups?: number;
  /** Of one group. */
  channels: [inside: number, outside: number];
  /** Of the image, which is the result of the adjoint. */
  size: [height: number, width: number];
  kernel: [height: number, width: number];
  stride?: [vertical: number, horizontal: number];
  dilation?: [vertical: number, horizontal: number];
  /** Before and behind, the same. */
  pad?: [vertical: number, horizontal: number];
}

/** The largest error of the subroutine against loops in float64. */
function error(kind: Kind, adjoint: boolean): number {
  const {
    images,
    groups = 1,
    channels,
    size,
    kernel,
    stride = [1, 1],
    dilation = [1, 1],
    pad = [0, 0],
  } = kind;
  const small = size.map((n, a) => Math.floor((n + 2 * pad[a] - (kernel[a] - 1) * dilation[a] - 1) / stride[a]) + 1); // biome-ignore format: one line
  const [from, to] = adjoint ? [small, size] : [size, small];
  const [rows, columns] = [0, 1].map((axis) =>
    (adjoint ? adjointWindows : windows)({
      input: size[axis],
      output: small[axis],
      kernel: kernel[axis],
      stride: stride[axis],
      dilation: dilation[axis],
      pad: pad[axis],
    }),
  );
  const [inside, outside] = channels;
  const strides = (h: number, w: number) => ({ channel: h * w * images, row: w * images, column: images });
  const [x, result] = [strides(from[0], from[1]), strides(to[0], to[1])];
  const [kh, kw] = kernel;
  // [group, in, kh, kw, out]
  const filter = { group: inside * kh * kw * outside, out: 1, in: kh * kw * outside, row: kw * outside, column: outside }; // biome-ignore format: one line
  const c: ImageConvolution = { images, inChannels: inside, outChannels: outside, groups, rows, columns, x, result, filter }; // biome-ignore format: one line
  expect(isImageConvolutionSupported(c)).toBe(true);
  const a = someNumbers(groups * inside * x.channel, 1);
  const b = someNumbers(groups * filter.group, 2);
  const expected = new Float64Array(groups * outside * result.channel);
  for (let g = 0; g < groups; g++)
    for (let o = 0; o < outside; o++)
      for (let i = 0; i < inside; i++)
        for (let y = 0; y < small[0]; y++)
          for (let z = 0; z < small[1]; z++)
            for (let k = 0; k < kh; k++)
              for (let l = 0; l < kw; l++) {
                const row = y * stride[0] + k * dilation[0] - pad[0];
                const column = z * stride[1] + l * dilation[1] - pad[1];
                if (row < 0 || row >= size[0] || column < 0 || column >= size[1]) continue;
                const weight = b[g * filter.group + i * filter.in + k * filter.row + l * filter.column + o];
                const at = (s: typeof x, channel: number, inLarge: boolean) =>
                  channel * s.channel + (inLarge ? row : y) * s.row + (inLarge ? column : z) * s.column;
                const source = at(x, g * inside + i, !adjoint);
                const target = at(result, g * outside + o, adjoint);
                for (let n = 0; n < images; n++) expected[target + n] += weight * a[source + n];
              }
  const found = runSubroutine((assembler) => emitImageConvolution(assembler, c), {
    a,
    b,
    result: new Float32Array(expected.length).fill(Number.NaN),
  });
  return found.reduce((worst, value, i) => Math.max(worst, Math.abs(value - expected[i]) || (Number.isNaN(value) ? 1 : 0)), 0); // biome-ignore format: one line
}

const kinds: Kind[] = [
  { images: 16, channels: [2, 3], size: [4, 4], kernel: [3, 3], pad: [1, 1] },
  { images: 16, channels: [3, 9], size: [8, 9], kernel: [3, 3], stride: [2, 2], pad: [1, 1] },
  { images: 5, channels: [2, 2], size: [7, 6], kernel: [3, 2], stride: [2, 3], pad: [1, 0] },
  { images: 37, channels: [1, 5], size: [5, 8], kernel: [2, 3], dilation: [2, 3], pad: [2, 1] },
  { images: 16, channels: [1, 1], groups: 4, size: [6, 8], kernel: [2, 2], stride: [2, 2] },
  { images: 3, channels: [2, 4], groups: 3, size: [5, 5], kernel: [3, 3], pad: [1, 1] },
  { images: 1, channels: [3, 40], size: [6, 5], kernel: [1, 1] },
  { images: 17, channels: [2, 2], size: [9, 33], kernel: [1, 2], stride: [3, 3] },
  { images: 16, channels: [33, 31], size: [3, 3], kernel: [3, 3], pad: [2, 2] },
  { images: 16, channels: [2, 2], size: [12, 12], kernel: [5, 5], stride: [2, 1], dilation: [1, 2], pad: [4, 3] }, // biome-ignore format: one line
  { images: 16, channels: [2, 8], size: [32, 32], kernel: [3, 3], stride: [2, 2], pad: [1, 1] },
];

describe.each(targets)('a convolution over images beside each other, $name', (target) => {
  const it = itOn(target);

  it.each(kinds)('is that of float64 for %j', (kind) => {
    expect(error(kind, false)).toBeLessThan(1e-4);
  });

  it.each(kinds)('is its own adjoint in float64 for %j', (kind) => {
    expect(error({ ...kind, channels: [kind.channels[1], kind.channels[0]] }, true)).toBeLessThan(1e-4);
  });

  it('says where its code would be too long', () => {
    const axis = windows({ input: 400, output: 400, kernel: 399, stride: 1, dilation: 1, pad: 199 });
    const strides = { channel: 1, row: 1, column: 1 };
    const filter = { group: 1, out: 1, in: 1, row: 1, column: 1 };
    const c = { images: 16, inChannels: 1, outChannels: 1, groups: 1, rows: axis, columns: axis, x: strides, result: strides, filter }; // biome-ignore format: one line
    expect(isImageConvolutionSupported(c)).toBe(false);
  });
});
