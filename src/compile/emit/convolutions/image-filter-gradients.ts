/**
 * @file The gradient of a convolution with respect to its filter for many images at once: a vector holds one pixel of sixteen images,
 * which lie beside each other. What is outside the image is never read.
 *
 * Sums of some output channels and some places of the kernel, for some input channels, stay in registers while all images pass; the sums
 * within vectors come last.
 */

import {
  at,
  type KernelAssembler,
  R9,
  R10,
  RCX,
  RDX,
  RSI,
  type VectorOptions,
  vector,
} from '../assembler/kernel-assembler.ts';
import { hasRoom } from '../loops/accumulators.ts';
import { LANES, LATENCY, moving, NUMBER_BYTES, REGISTERS, splitEvenly, walk } from '../loops/loops.ts';
import { cheapest, costOfTiles } from '../loops/tile-search.ts';
import { storeSums } from '../loops/vector-sums.ts';
import { forImages, forRuns, MOST, type Strides } from './image-loops.ts';
import { type Run, runsOf, type Tap, tapsOf, type Windows } from './windows.ts';

/** gradient[o, c, i, j] = sum over n, y, x of dy[o, y, x, n] * input[c, row, column, n] for the taps of y and x; n contiguous. */
export interface ImageFilterGradient {
  images: number;
  inChannels: number;
  outChannels: number;
  kernel: readonly [height: number, width: number];
  /** Of the convolution itself: dy are its outputs. */
  rows: Windows;
  columns: Windows;
  x: Strides;
  dy: Strides;
  /** Strides of the gradient in numbers, any. */
  gradient: { out: number; in: number; row: number; column: number };
}

/** Output channels, input channels, and places of the kernel that are found together: all of them for more than one input channel. */
interface Size {
  channels: number;
  inputs: number;
  places: number;
}

/** Whether the code is of reasonable length. */
export function isImageFilterGradientSupported(filter: ImageFilterGradient): boolean {
  const { rows, columns } = runsOfBoth(filter);
  const { channels, inputs } = bestSize(filter);
  const kinds = splitEvenly(filter.outChannels, channels).length * splitEvenly(filter.inChannels, inputs).length; // biome-ignore format: one line
  return kinds * channels * inputs * tapsOf(rows) * tapsOf(columns) <= MOST;
}

/** A subroutine: RSI input, RDX dy, RCX gradient. It reads up to 60 bytes past the images of a pixel. */
export function emitImageFilterGradient(assembler: KernelAssembler, filter: ImageFilterGradient): void {
  const { inChannels, outChannels, kernel, x, dy, gradient } = filter;
  const size = bestSize(filter);
  const runs = runsOfBoth(filter);
  const byChannels = moving([RDX, dy.channel], [RCX, gradient.out]);
  const byInputs = moving([RSI, x.channel], [RCX, gradient.in]);
  walk(assembler, splitEvenly(outChannels, size.channels), byChannels, (channels) =>
    walk(assembler, splitEvenly(inChannels, size.inputs), byInputs, (inputs) => {
      let first = 0;
      for (const piece of splitEvenly(kernel[0] * kernel[1], size.places))
        for (let i = 0; i < piece.count; i++, first += piece.size)
          emitTile(assembler, filter, runs, { channels, inputs, first, places: piece.size });
    }),
  );
}

/** Pixels one by one, and as many as one as look the same. */
const ones = (axis: Windows): Run[] => runsOf(axis, axis.taps.map(() => 1)); // biome-ignore format: one line
const runsOfBoth = ({ rows, columns }: ImageFilterGradient) => ({ rows: ones(rows), columns: ones(columns) });

/** What wastes least for the shape. */
function bestSize({ inChannels, outChannels, kernel }: ImageFilterGradient): Size {
  const all = kernel[0] * kernel[1];
  const sizes: Size[] = [];
  // Of two that are as good the one of more channels, whose sums lie beside each other: it comes first.
  for (let channels = Math.min(outChannels, REGISTERS); channels >= 1; channels--) {
    for (let inputs = Math.min(inChannels, REGISTERS); inputs >= 1; inputs--)
      sizes.push({ channels, inputs, places: all });
    for (let places = Math.min(all, REGISTERS) - 1; places >= 1; places--)
      sizes.push({ channels, inputs: 1, places });
  }
  const { tile: size } = cheapest(
    sizes.filter(fits),

    ({ channels, inputs, places }) =>
      costOfTiles(
        [splitEvenly(outChannels, channels), splitEvenly(inChannels, inputs), splitEvenly(all, places)],
        (outs, ins, taps) => Math.max((outs * ins * taps) / 2, (outs + ins * taps) / 2, LATENCY) + 2,
      ),
  );
  return size;
}

/** Accumulators, vectors of dy, and one of the input. */
const fits = ({ channels, inputs, places }: Size) => hasRoom(channels * inputs * places, channels, 1);

function emitTile(
  assembler: KernelAssembler,
  { images, kernel, x, dy, gradient }: ImageFilterGradient,
  { rows, columns }: ReturnType<typeof runsOfBoth>,
  { channels, inputs, first, places }: Size & { first: number },
): void {
  const count = channels * inputs * places;
  const pixel = REGISTERS - 1;
  for (let i = 0; i < count; i++) assembler.clear(i);
  assembler.copy(R9, RSI);
  assembler.copy(R10, RDX);
  const multiply = (row: readonly Tap[], column: readonly Tap[], options: VectorOptions) => {
    const within = row.flatMap((i) => column.map((j) => ({ i, j, place: i.kernel * kernel[1] + j.kernel - first }))).filter(({ place }) => place >= 0 && place < places); // biome-ignore format: one line
    if (within.length === 0) return;
    for (let channel = 0; channel < channels; channel++)
      assembler.load(count + channel, at(R10, channel * dy.channel * NUMBER_BYTES));
    for (let input = 0; input < inputs; input++)
      for (const { i, j, place } of within) {
        assembler.pin(count);
        assembler.load(pixel, at(R9, (input * x.channel + i.input * x.row + j.input * x.column) * NUMBER_BYTES)); // biome-ignore format: one line
        for (let channel = 0; channel < channels; channel++)
          assembler.vector(vector.fma231, (input * places + place) * channels + channel, count + channel, pixel, options); // biome-ignore format: one line
      }
  };
  forImages(assembler, images, [R9, R10], (options) =>
    forRuns(assembler, rows, [R9, x.row], [R10, dy.row], (row) =>
      forRuns(assembler, columns, [R9, x.column], [R10, dy.column], (column) =>
        multiply(row.taps[0], column.taps[0], options),
      ),
    ),
  );
  for (let start = 0; start < count; start += LANES)
    storeSums(
      assembler,
      { alpha: 1 },
      {
        start,
        count: Math.min(LANES, count - start),
        offset: (index) => {
          const channel = (start + index) % channels;
          const ofInputs = Math.floor((start + index) / channels);
          const input = Math.floor(ofInputs / places);
          const place = first + (ofInputs % places);
          const [i, j] = [Math.floor(place / kernel[1]), place % kernel[1]];
          return channel * gradient.out + input * gradient.in + i * gradient.row + j * gradient.column;
        },
      },
    );
}
