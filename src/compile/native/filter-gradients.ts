/**
 * @file The gradient of a convolution with respect to its filter. Products of pixels are added in vectors, for some output channels and
 * some places of the kernel at once, while all images pass; the sums within vectors come last.
 */
import { type Assembler, at, R9, R10, RCX, RDX, RSI, vector } from './assembler.ts';
import { LANES, NUMBER_BYTES, splitEvenly, splitUnits, splitVectors, walk } from './loops.ts';
import { loadPixels, packedRows, setLanes, setRowMasks } from './pixels.ts';
import { storeSums } from './sums.ts';

/** gradient[o, c, i, j] = sum over n, y, x of dy[n, o, y, x] * input[n, c, y + i, x + j]. */
export interface FilterGradient {
  images: number;
  inChannels: number;
  outChannels: number;
  /** Of dy. */
  height: number;
  width: number;
  kernel: readonly [height: number, width: number];
  /** Strides of the input in numbers, which has its padding already; columns are beside each other. */
  x: { image: number; channel: number; row: number };
  /** Strides of dy in numbers; columns are beside each other. */
  dy: { image: number; channel: number; row: number };
  /** Strides of the gradient in numbers, of any sign. */
  gradient: { out: number; in: number; row: number; column: number };
}

const REGISTERS = 32;
const LATENCY = 4;
/** Pixels of the last vector of a row, or of rows that share one; of fewer rows than share one. Those between are of pixels.ts. */
const TAIL_MASK = 1;
const FEWER_ROWS_MASK = 6;
/** Vectors of pixels in the body of the innermost loop, at most. */
const RUN = 4;

/** A subroutine: RSI input, RDX dy, RCX gradient. It reads up to 60 bytes past rows of the input and of dy. */
export function emitFilterGradient(assembler: Assembler, filter: FilterGradient): void {
  const { inChannels, outChannels, height, width, kernel, x, dy, gradient } = filter;
  const tile = bestTile(filter);
  const together = packedRows(width);
  setRowMasks(assembler, width);
  setLanes(assembler, TAIL_MASK, together > 1 ? together * width : width % LANES);
  setLanes(assembler, FEWER_ROWS_MASK, (height % together) * width);
  walk(
    assembler,
    splitEvenly(outChannels, tile.channels),
    [
      [RDX, dy.channel],
      [RCX, gradient.out],
    ],
    (
      channels, // biome-ignore format: pairs
    ) =>
      walk(
        assembler,
        [{ size: 1, count: inChannels }],
        [
          [RSI, x.channel],
          [RCX, gradient.in],
        ],
        () => {
          // biome-ignore format: pairs
          let first = 0;
          for (const { size, count } of splitEvenly(kernel[0] * kernel[1], tile.places))
            for (let piece = 0; piece < count; piece++, first += size)
              emitTile(assembler, filter, { channels, first, places: size });
        },
      ),
  );
  assembler.return();
}

/** Output channels, and places of the kernel. */
interface Tile {
  channels: number;
  places: number;
}

/** The tile that wastes least for the shape. */
function bestTile({ outChannels, kernel, width, dy }: FilterGradient): Tile {
  const all = kernel[0] * kernel[1];
  const together = packedRows(width);
  let found: Tile = { channels: 1, places: 1 };
  let least = Number.POSITIVE_INFINITY;
  for (let channels = 1; channels <= outChannels; channels++)
    for (let places = 1; places <= all && fits(channels, places); places++) {
      let cost = 0;
      for (const a of splitEvenly(outChannels, channels))
        for (const b of splitEvenly(all, places)) {
          // A vector at no round address is two loads most of the time.
          const loads =
            a.size * (dy.row === width ? 1 : together) + b.size * (together > 1 ? 1.5 * together : 1.7);
          cost += a.count * b.count * (Math.max((a.size * b.size) / 2, loads / 2, LATENCY) + 1);
        }
      if (cost < least) {
        least = cost;
        found = { channels, places };
      }
    }
  return found;
}

/** Accumulators, vectors of dy, and one of the input. */
const fits = (channels: number, places: number) => channels * places + channels + 1 <= REGISTERS;

function emitTile(
  assembler: Assembler,
  filter: FilterGradient,
  { channels, first, places }: Tile & { first: number },
): void {
  const { images, height, width, kernel, x, dy, gradient } = filter;
  const together = packedRows(width);
  const count = channels * places;
  const input = REGISTERS - 1;
  const placeOf = (k: number) => [Math.floor((first + k) / kernel[1]), (first + k) % kernel[1]];
  // The products of one vector of pixels: a row from its column on, or all of some rows.
  const step = (row: number, rows: number, column: number, columns: number): void => {
    const lanes = together > 1 ? rows * width : columns;
    const options = lanes < LANES ? { mask: rows < together ? FEWER_ROWS_MASK : TAIL_MASK } : {};
    for (let channel = 0; channel < channels; channel++) {
      const from = at(R10, (channel * dy.channel + row * dy.row + column) * NUMBER_BYTES);
      loadPixels(assembler, count + channel, from, { rows, width, stride: dy.row });
    }
    for (let k = 0; k < places; k++) {
      const [i, j] = placeOf(k);
      const from = at(R9, ((row + i) * x.row + column + j) * NUMBER_BYTES);
      loadPixels(assembler, input, from, { rows, width, stride: x.row });
      for (let channel = 0; channel < channels; channel++)
        assembler.vector(vector.fma231, channel * places + k, count + channel, input, options);
    }
  };
  const groups = Math.max(1, Math.floor(RUN / Math.min(RUN, Math.ceil(width / LANES))));
  for (let i = 0; i < count; i++) assembler.clear(i);
  assembler.copy(R9, RSI);
  assembler.copy(R10, RDX);
  walk(
    assembler,
    [{ size: 1, count: images }],
    [
      [R9, x.image],
      [R10, dy.image],
    ],
    () =>
      // biome-ignore format: pairs
      walk(assembler, splitUnits(height, groups, together), [[R9, x.row], [R10, dy.row]], (rows) => // biome-ignore format: pairs
      walk(assembler, splitVectors(width, RUN), [[R9, 1], [R10, 1]], (columns) => { // biome-ignore format: pairs
        for (let row = 0; row < rows; row += together)
          for (let column = 0; column < columns; column += LANES)
            step(row, Math.min(together, rows - row), column, columns - column);
      }),
    ),
  );
  for (let start = 0; start < count; start += LANES)
    storeSums(assembler, { alpha: 1 }, {
      start,
      count: Math.min(LANES, count - start),
      offset: (index) => {
        const [i, j] = placeOf((start + index) % places);
        return Math.floor((start + index) / places) * gradient.out + i * gradient.row + j * gradient.column;
      },
    }); // biome-ignore format: one idea a line
}
