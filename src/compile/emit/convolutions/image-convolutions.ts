/**
 * @file Convolutions of many images at once: a vector holds one pixel of sixteen images, which lie beside each other.
 *
 * So strides, dilations, padding and the adjoint need no other order of the numbers: they are only a matter of which pixels are read.
 * What is outside the image is never read. A tile of the result, some channels and some pixels of a row, stays in registers while
 * input channels and the places of the kernel pass.
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
import { advance, LATENCY, moving, NUMBER_BYTES, REGISTERS, splitEvenly, walk } from '../loops/loops.ts';
import { cheapest, costOfTiles } from '../loops/tile-search.ts';
import { forImages, forRuns, MOST, type Strides } from './image-loops.ts';
import { type Run, runsOf, type Tap, type Tile, tapsOf, type Windows } from './windows.ts';

/** result[o, y, x, n] = sum over c and the taps of y and x of input[c, row, column, n] * filter[o, c, i, j], n contiguous. */
export interface ImageConvolution {
  images: number;
  /** Channels of each of `groups` convolutions, one after the other. */
  inChannels: number;
  outChannels: number;
  groups: number;
  rows: Windows;
  columns: Windows;
  x: Strides;
  result: Strides;
  /** Strides of the filter in numbers, any. */
  filter: { group: number; out: number; in: number; row: number; column: number };
}

/** Bytes of the filter that may pass for every tile of pixels. */
const NEAR_BYTES = 16384;

/** Channels and pixels that are found together. */
interface Size {
  channels: number;
  pixels: number;
}

/** Whether the code is of reasonable length. */
export function isImageConvolutionSupported(convolution: ImageConvolution): boolean {
  const { rows, columns, channels } = partsOf(convolution);
  return tapsOf(rows) * tapsOf(columns) * channels.reduce((sum, { size }) => sum + size, 0) <= MOST;
}

/** A subroutine: RSI input, RDX filter, RCX result. It reads up to 60 bytes past the images of a pixel. */
export function emitImageConvolution(assembler: KernelAssembler, convolution: ImageConvolution): void {
  const { images, inChannels, outChannels, groups, x, result, filter } = convolution;
  const parts = partsOf(convolution);
  const byChannels = (body: (channels: number) => void) =>
    walk(assembler, parts.channels, moving([RDX, filter.out], [RCX, result.channel]), body);
  const byPixels = (body: (row: readonly Tap[], tile: Tile) => void) =>
    forRuns(assembler, parts.rows, [RSI, x.row], [RCX, result.row], (rowTile) => {
      for (const [i, row] of rowTile.taps.entries()) {
        advance(assembler, [[RCX, result.row]], i);
        forRuns(assembler, parts.columns, [RSI, x.column], [RCX, result.column], (tile) => body(row, tile));
        advance(assembler, [[RCX, result.row]], -i);
      }
    });
  const all = (options: VectorOptions) => {
    if (isNear(convolution))
      byPixels((row, tile) => byChannels((channels) => emitTile(assembler, convolution, { row, tile, channels, options }))); // biome-ignore format: one line
    else
      byChannels((channels) => byPixels((row, tile) => emitTile(assembler, convolution, { row, tile, channels, options }))); // biome-ignore format: one line
  };
  const group = moving(
    [RSI, inChannels * x.channel],
    [RDX, filter.group],
    [RCX, outChannels * result.channel],
  );
  walk(assembler, splitEvenly(groups, 1), group, () => forImages(assembler, images, [RSI, RCX], all));
}

/** Tiles along each axis, and pieces of the output channels. */
function partsOf(convolution: ImageConvolution) {
  const { rows, columns, outChannels } = convolution;
  const size = bestSize(convolution);
  return {
    rows: runsOf(rows, rowLengths(rows)),
    columns: runsOf(columns, lengths(columns, size.pixels)),
    channels: splitEvenly(outChannels, size.channels),
  };
}

/** Whether the whole filter may pass for every tile of pixels. */
function isNear({ inChannels, outChannels, rows, columns }: ImageConvolution): boolean {
  const most = ({ taps }: Windows) => Math.max(...taps.map((list) => list.length));
  return outChannels * inChannels * most(rows) * most(columns) * NUMBER_BYTES <= NEAR_BYTES;
}

/** Rows are found one at a time, but those of a stride belong together. */
const rowLengths = (rows: Windows) => lengths(rows, rows.step.outputs);

/** Lengths of tiles that repeat. */
function lengths({ taps, step }: Windows, most: number): number[] {
  const unit = most >= step.outputs ? step.outputs : 1;
  const all = Math.ceil(taps.length / unit);
  const found = splitEvenly(all, Math.max(1, Math.floor(most / unit))).flatMap(({ size, count }) =>
    Array<number>(count).fill(size * unit),
  );
  found[found.length - 1] -= all * unit - taps.length;
  return found;
}

/** The channels and pixels that waste least for the shape. */
function bestSize({ columns, outChannels }: ImageConvolution): Size {
  const sizes: (Size & { runs: readonly Run[] })[] = [];
  for (let pixels = 1; pixels <= columns.taps.length && fits(1, pixels); pixels++) {
    const runs = runsOf(columns, lengths(columns, pixels));
    for (let channels = 1; channels <= outChannels && fits(channels, pixels); channels++)
      sizes.push({ channels, pixels, runs });
  }
  const { tile: size } = cheapest(sizes, ({ channels, runs }) => {
    const axes = [runs.map(({ count }, i) => ({ size: i, count })), splitEvenly(outChannels, channels)];
    return costOfTiles(axes, (run, outputs) => tileCost(runs[run].tile, outputs));
  });
  return size;
}

/** Accumulators, pixels, and a number of the filter. */
const fits = (channels: number, pixels: number) => hasRoom(channels * pixels, pixels, channels);

/** Cycles for one row of the kernel and one input channel. */
function tileCost({ taps }: Tile, channels: number): number {
  let cost = 0;
  for (const [, pixels] of byKernel(taps))
    cost += Math.max((channels * pixels.length) / 2, (channels + pixels.length) / 2);
  return Math.max(cost, LATENCY * Math.max(...taps.map((list) => list.length))) + 1;
}

/** Which pixels see a place of the kernel, and where each sees the input. */
function byKernel(taps: Tile['taps']): Map<number, { pixel: number; input: number }[]> {
  const found = new Map<number, { pixel: number; input: number }[]>();
  for (const [pixel, list] of taps.entries())
    for (const { kernel, input } of list) {
      const known = found.get(kernel);
      if (known) known.push({ pixel, input });
      else found.set(kernel, [{ pixel, input }]);
    }
  return found;
}

interface TileOptions {
  /** Of the one row of the tile. */
  row: readonly Tap[];
  tile: Tile;
  channels: number;
  /** What lets only images through. */
  options: VectorOptions;
}

function emitTile(
  assembler: KernelAssembler,
  { inChannels, x, result, filter }: ImageConvolution,
  { row, tile, channels, options }: TileOptions,
): void {
  const count = tile.taps.length;
  const firstPixel = channels * count;
  const number = REGISTERS - 1;
  for (let i = 0; i < firstPixel; i++) assembler.clear(i);
  assembler.copy(R9, RSI);
  assembler.copy(R10, RDX);
  const places = [...byKernel(tile.taps)].sort(([i], [j]) => i - j);
  const multiply = (i: Tap, j: number, pixels: readonly { pixel: number; input: number }[]) => {
    const from = ({ input }: { input: number }) =>
      at(R9, (i.input * x.row + input * x.column) * NUMBER_BYTES);
    assembler.pin(firstPixel);
    for (const [k, pixel] of pixels.entries()) assembler.load(firstPixel + k, from(pixel));
    for (let channel = 0; channel < channels; channel++) {
      const weight = at(
        R10,
        (channel * filter.out + i.kernel * filter.row + j * filter.column) * NUMBER_BYTES,
      );
      if (pixels.length === 1) {
        assembler.vector(vector.fma231, channel * count + pixels[0].pixel, firstPixel, weight, { broadcast: true }); // biome-ignore format: one line
        continue;
      }
      assembler.broadcast(number, weight);
      for (const [k, { pixel }] of pixels.entries())
        assembler.vector(vector.fma231, channel * count + pixel, number, firstPixel + k);
    }
  };
  if (row.length > 0 && places.length > 0)
    walk(assembler, splitEvenly(inChannels, 1), moving([R9, x.channel], [R10, filter.in]), () => {
      for (const i of row) for (const [j, pixels] of places) multiply(i, j, pixels);
    });
  for (let channel = 0; channel < channels; channel++)
    for (let pixel = 0; pixel < count; pixel++) {
      const to = at(RCX, (channel * result.channel + pixel * result.column) * NUMBER_BYTES);
      assembler.store(to, channel * count + pixel, options);
    }
}
