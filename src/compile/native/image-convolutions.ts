/**
 * @file Convolutions of many images at once: a vector holds one pixel of sixteen images, which lie beside each other.
 *
 * So strides, dilations, padding and the adjoint need no other order of the numbers: they are only a matter of which pixels are read.
 * What is outside the image is never read. A tile of the result, some channels and some pixels of a row, stays in registers while
 * input channels and the places of the kernel pass.
 */
import { type Assembler, at, R9, R10, RCX, RDX, RSI, vector } from './assembler.ts';
import { advance, LANES, NUMBER_BYTES, setMask, splitEvenly, splitVectors, walk } from './loops.ts';
import { forRuns, type Run, runsOf, type Strides, type Tap, type Tile, type Windows } from './windows.ts'; // biome-ignore format: one import

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

const REGISTERS = 32;
const LATENCY = 4;
const TAIL_MASK = 1;
/** Bytes of the filter that may pass for every tile of pixels. */
const NEAR_BYTES = 16384;
/** Multiplications that may be written out for one convolution. */
const MOST = 300_000;

/** Channels and pixels that are found together. */
interface Size {
  channels: number;
  pixels: number;
}

/** Whether the code is of reasonable length. */
export function isImageConvolutionSupported(convolution: ImageConvolution): boolean {
  const { rows, columns, outChannels } = convolution;
  const size = bestSize(convolution);
  const count = (runs: Run[]) => runs.reduce((sum, { tile }) => sum + tile.taps.reduce((n, list) => n + list.length, 0), 0); // biome-ignore format: one line
  const channels = splitEvenly(outChannels, size.channels).reduce((sum, piece) => sum + piece.size, 0);
  const written =
    count(runsOf(rows, rowLengths(rows))) * count(runsOf(columns, lengths(columns, size.pixels)));
  return written * channels <= MOST;
}

/** A subroutine: RSI input, RDX filter, RCX result. It reads up to 60 bytes past the images of a pixel. */
export function emitImageConvolution(assembler: Assembler, convolution: ImageConvolution): void {
  const { images, inChannels, outChannels, groups, rows, columns, x, result, filter } = convolution;
  const size = bestSize(convolution);
  const rowRuns = runsOf(rows, rowLengths(rows));
  const columnRuns = runsOf(columns, lengths(columns, size.pixels));
  const channelPieces = splitEvenly(outChannels, size.channels);
  const kernelSize = Math.max(...rows.taps.map((list) => list.length)) * Math.max(...columns.taps.map((list) => list.length)); // biome-ignore format: one line
  const channelsInside = outChannels * inChannels * kernelSize * NUMBER_BYTES <= NEAR_BYTES;
  const pointers = { input: RSI, output: RCX };
  // biome-ignore-start format: pairs
  const byChannels = (body: (channels: number) => void) =>
    walk(
      assembler,
      channelPieces,
      [
        [RDX, filter.out],
        [RCX, result.channel],
      ],
      body,
    );
  const byPixels = (body: (row: readonly Tap[], tile: Tile) => void) =>
    forRuns(assembler, rowRuns, pointers, { input: x.row, output: result.row }, (rowTile) => {
      for (const [i, row] of rowTile.taps.entries()) {
        advance(assembler, [[RCX, result.row]], i);
        forRuns(assembler, columnRuns, pointers, { input: x.column, output: result.column }, (tile) =>
          body(row, tile),
        );
        advance(assembler, [[RCX, result.row]], -i);
      }
    });
  // biome-ignore-end format: pairs
  const allOfVector = (mask: number | undefined) => {
    if (channelsInside)
      byPixels((row, tile) => byChannels((channels) => emitTile(assembler, convolution, { row, tile, channels, mask }))); // biome-ignore format: one line
    else
      byChannels((channels) => byPixels((row, tile) => emitTile(assembler, convolution, { row, tile, channels, mask }))); // biome-ignore format: one line
  };
  const group = [
    [RSI, inChannels * x.channel],
    [RDX, filter.group],
    [RCX, outChannels * result.channel],
  ] as const;
  walk(assembler, [{ size: 1, count: groups }], group, () =>
    // biome-ignore format: pairs
    walk(assembler, splitVectors(images, 1), [[RSI, 1], [RCX, 1]], (lanes) => {
      if (lanes < LANES) setMask(assembler, TAIL_MASK, (1 << lanes) - 1);
      allOfVector(lanes < LANES ? TAIL_MASK : undefined);
    }),
  );
  assembler.return();
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
  let found: Size = { channels: 1, pixels: 1 };
  let least = Number.POSITIVE_INFINITY;
  for (let pixels = 1; pixels <= columns.taps.length && fits(1, pixels); pixels++) {
    const tiles = runsOf(columns, lengths(columns, pixels));
    for (let channels = 1; channels <= outChannels && fits(channels, pixels); channels++) {
      let cost = 0;
      for (const { tile, count } of tiles)
        for (const piece of splitEvenly(outChannels, channels))
          cost += count * piece.count * tileCost(tile, piece.size);
      if (cost < least) {
        least = cost;
        found = { channels, pixels };
      }
    }
  }
  return found;
}

/** Accumulators, pixels, and a number of the filter. */
const fits = (channels: number, pixels: number) => channels * pixels + pixels + 1 <= REGISTERS;

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
  mask: number | undefined;
}

function emitTile(
  assembler: Assembler,
  { inChannels, x, result, filter }: ImageConvolution,
  { row, tile, channels, mask }: TileOptions,
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
  // biome-ignore format: pairs
  if (row.length > 0 && places.length > 0)
    walk(assembler, [{ size: 1, count: inChannels }], [[R9, x.channel], [R10, filter.in]], () => {
      for (const i of row) for (const [j, pixels] of places) multiply(i, j, pixels);
    });
  for (let channel = 0; channel < channels; channel++)
    for (let pixel = 0; pixel < count; pixel++) {
      const to = at(RCX, (channel * result.channel + pixel * result.column) * NUMBER_BYTES);
      assembler.store(to, channel * count + pixel, mask ? { mask } : {});
    }
}
