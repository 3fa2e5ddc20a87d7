/**
 * @file Convolutions of images: every window is read where it is. A tile of the result, some channels and some vectors of pixels, stays
 * in registers while input channels and the places of the kernel pass.
 */

import { at, type KernelAssembler, R9, R10, RCX, RDX, RSI, vector } from '../assembler/kernel-assembler.ts';
import { hasRoom } from '../loops/accumulators.ts';
import { LANES, LATENCY, moving, NUMBER_BYTES, REGISTERS, setLanes, splitEvenly, splitUnits, splitVectors, target, walk } from '../loops/loops.ts'; // biome-ignore format: one import
import { cheapest, costOfTiles } from '../loops/tile-search.ts';
import { loadPixels, packedRows, setRowMasks } from './pixels.ts';

/** result[n, o, y, x] = sum over c, i, j of input[n, c, y s + i, x t + j] * filter[o, c, i, j], of strides s and t. */
export interface Convolution {
  images: number;
  inChannels: number;
  outChannels: number;
  /** Of the result, which is [images, outChannels, height, width] and contiguous. */
  height: number;
  width: number;
  kernel: readonly [height: number, width: number];
  stride: readonly [vertical: number, horizontal: number];
  /** Strides of the input in numbers, which has its padding already; columns are beside each other. */
  x: { image: number; channel: number; row: number };
  /** Strides of the filter in numbers, of any sign: a flipped filter starts at its last number. */
  filter: { out: number; in: number; row: number; column: number };
}

/** Whether windows of neighbouring pixels begin beside each other. */
export const isConvolutionSupported = ({ stride }: Convolution): boolean => stride[1] === 1;

/** Channels, groups of rows that share a vector, and vectors beside each other. */
interface Tile {
  channels: number;
  groups: number;
  vectors: number;
}

/** Pixels of the last vector of a row, or of rows that share one; of fewer rows than share one. Those between are of pixels.ts. */
const TAIL_MASK = 1;
const FEWER_ROWS_MASK = 6;
/** Multiplications that may stand in a row before rows of the kernel are a loop. */
const LONGEST = 900;

/** A subroutine: RSI input, RDX filter, RCX result. It reads up to 60 bytes past a row of the input. */
export function emitConvolution(assembler: KernelAssembler, convolution: Convolution): void {
  const { images, height, width, outChannels, stride, x, filter } = convolution;
  if (!isConvolutionSupported(convolution))
    throw new Error('a convolution with a horizontal stride that is not 1');
  const tile = bestTile(convolution);
  const together = packedRows(width);
  const size = height * width;
  setRowMasks(assembler, width);
  setLanes(assembler, TAIL_MASK, together > 1 ? together * width : width % LANES);
  setLanes(assembler, FEWER_ROWS_MASK, (height % together) * width);
  const byRows = splitUnits(height, tile.groups, together);
  const byColumns = splitVectors(width, tile.vectors);
  const byChannels = splitEvenly(outChannels, tile.channels);
  walk(assembler, splitEvenly(images, 1), moving([RSI, x.image], [RCX, outChannels * size]), () =>
    walk(assembler, byRows, moving([RSI, stride[0] * x.row], [RCX, width]), (rows) =>
      walk(assembler, byColumns, moving([RSI, 1], [RCX, 1]), (columns) =>
        walk(assembler, byChannels, moving([RDX, filter.out], [RCX, size]), (channels) =>
          emitTile(assembler, convolution, { rows, columns, channels }),
        ),
      ),
    ),
  );
}

/** The tile that wastes least for the shape. */
function bestTile(convolution: Convolution): Tile {
  const { height, width, outChannels, inChannels, kernel } = convolution;
  const together = packedRows(width);
  const [allGroups, allVectors] = [Math.ceil(height / together), Math.ceil(width / LANES)];
  const places = inChannels * kernel[0] * kernel[1];
  const tileCost = (channels: number, groups: number, vectors: number): number => {
    const pixels = groups * vectors;
    const all = channels * pixels;
    const rows = isShared(convolution, channels, pixels) ? (groups + kernel[0] - 1) / kernel[0] : groups;
    // A vector at no round address is two loads most of the time.
    const loads = channels + rows * vectors * (together > 1 ? 1.5 * together : 1.7);
    return places * Math.max(all / 2, loads / 2, LATENCY) + 20 + 1.2 * all;
  };
  const { tile } = cheapest(tiles(convolution, allGroups, allVectors), ({ channels, groups, vectors }) =>
    costOfTiles(
      [splitEvenly(outChannels, channels), splitEvenly(allGroups, groups), splitEvenly(allVectors, vectors)],
      tileCost,
    ),
  );
  return tile;
}

function* tiles(convolution: Convolution, allGroups: number, allVectors: number): Generator<Tile> {
  for (let channels = 1; channels <= convolution.outChannels; channels++)
    for (let groups = 1; groups <= allGroups; groups++)
      for (let vectors = 1; vectors <= allVectors; vectors++) {
        const pixels = groups * vectors;
        if (!fits(channels, pixels) && !isShared(convolution, channels, pixels)) break;
        yield { channels, groups, vectors };
      }
}

/** Accumulators, pixels, and a number of the filter. */
const fits = (channels: number, pixels: number) => hasRoom(channels * pixels, pixels, channels);

/** Whether a tile keeps all numbers of one channel's filter, so that each vector of the input is loaded once for all rows it is in. */
function isShared({ kernel, width, stride }: Convolution, channels: number, pixels: number): boolean {
  const alone = channels === 1 && packedRows(width) === 1 && stride[0] === 1;
  return alone && !target.loadsFirst && pixels + kernel[0] * kernel[1] + 1 <= target.registers;
}

interface Size {
  rows: number;
  columns: number;
  channels: number;
}

function emitTile(
  assembler: KernelAssembler,
  convolution: Convolution,
  { rows, columns, channels }: Size,
): void {
  const { inChannels, height, width, kernel, stride, x, filter } = convolution;
  const together = packedRows(width);
  const vectors = Math.ceil(columns / LANES);
  // Vectors of pixels: their first row, rows and column.
  const pixels = Array.from({ length: Math.ceil(rows / together) * vectors }, (_, i) => {
    const row = Math.floor(i / vectors) * together;
    return { row, rows: Math.min(together, rows - row), column: (i % vectors) * LANES };
  });
  const count = pixels.length;
  const firstPixel = channels * count;
  const number = REGISTERS - 1;
  const place = (i: number, j: number): void => {
    assembler.pin(channels * count);
    pixels.forEach((p, k) => {
      const from = at(R9, ((p.row * stride[0] + i) * x.row + p.column + j) * NUMBER_BYTES);
      loadPixels(assembler, firstPixel + k, from, { rows: p.rows, width, stride: stride[0] * x.row });
    });
    for (let channel = 0; channel < channels; channel++) {
      const from = at(R10, (channel * filter.out + i * filter.row + j * filter.column) * NUMBER_BYTES);
      if (count === 1) {
        assembler.vector(vector.fma231, channel, firstPixel, from, { broadcast: true });
        continue;
      }
      assembler.broadcast(number, from);
      for (let k = 0; k < count; k++)
        assembler.vector(vector.fma231, channel * count + k, number, firstPixel + k);
    }
  };
  const shared = (): void => {
    const [kernelHeight, kernelWidth] = kernel;
    for (let i = 0; i < kernelHeight; i++)
      for (let j = 0; j < kernelWidth; j++)
        assembler.broadcast(
          firstPixel + i * kernelWidth + j,
          at(R10, (i * filter.row + j * filter.column) * NUMBER_BYTES),
        );
    for (let row = 0; row < rows + kernelHeight - 1; row++)
      for (let v = 0; v < vectors; v++)
        for (let j = 0; j < kernelWidth; j++) {
          assembler.load(number, at(R9, (row * x.row + v * LANES + j) * NUMBER_BYTES));
          for (let i = Math.max(0, row - rows + 1); i < Math.min(kernelHeight, row + 1); i++)
            assembler.vector(
              vector.fma231,
              (row - i) * vectors + v,
              firstPixel + i * kernelWidth + j,
              number,
            );
        }
  };
  for (let i = 0; i < channels * count; i++) assembler.clear(i);
  assembler.copy(R9, RSI);
  assembler.copy(R10, RDX);
  const looped = kernel[0] * kernel[1] * channels * count > LONGEST;
  walk(assembler, splitEvenly(inChannels, 1), moving([R9, x.channel], [R10, filter.in]), () => {
    if (isShared(convolution, channels, count)) {
      shared();
      return;
    }
    const kernelRow = (i: number): void => {
      for (let j = 0; j < kernel[1]; j++) place(i, j);
    };
    if (looped)
      walk(assembler, splitEvenly(kernel[0], 1), moving([R9, x.row], [R10, filter.row]), () => kernelRow(0));
    else for (let i = 0; i < kernel[0]; i++) kernelRow(i);
  });
  for (let channel = 0; channel < channels; channel++)
    pixels.forEach((p, k) => {
      const to = at(RCX, (channel * height * width + p.row * width + p.column) * NUMBER_BYTES);
      const lanes = together > 1 ? p.rows * width : columns - p.column;
      const mask = p.rows < together ? FEWER_ROWS_MASK : TAIL_MASK;
      assembler.store(to, channel * count + k, lanes < LANES ? { mask } : {});
    });
}
