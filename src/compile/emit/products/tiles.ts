/**
 * @file Matrix products of float32 by the tiles of bfloat16 that some processors have (AMX).
 *
 * A float32 is exactly the sum of three bfloat16, of 8 bits of its significand each (Henry, Tang, Heinecke, "Leveraging the bfloat16
 * artificial intelligence datatype for higher-precision computations", 2019). The products of parts are added up in float32. Of three
 * parts the six largest products count: what is left out is below 2^-25 of the whole, and the result as exact as that of float32
 * multiplications. Of two parts the three largest count, which leaves out up to 2^-16. Parts below 2^-126 are zero, and what is infinite
 * becomes not a number.
 *
 * A split operand is tiles of 1024 bytes, each of 16 rows of a (columns of b) by 32 along the inner axis: in the first operand of a
 * product a row holds 32 inner numbers, in the second pairs of inner numbers of 16 columns. In both, inner number i lies beside i + 16.
 */
import {
  at,
  type Memory,
  R8,
  R9,
  R10,
  R11,
  RAX,
  RCX,
  RDX,
  RSI,
  type TileAssembler,
  vector,
} from '../assembler/kernel-assembler.ts';
import { LANES, moving, NUMBER_BYTES, repeat, splitEvenly, walk } from '../loops/loops.ts';

/** Rows or columns of a tile. */
export const ACROSS = 16;
/** Inner numbers of a tile. */
export const INNER = 32;
const ROW_BYTES = 64;
const TILE_BYTES = ACROSS * ROW_BYTES;
/** Of how many parts a number is taken to be the sum, the highest first. */
export type PartCount = 2 | 3;

/** Numbers of float32 that so many tiles take the room of. */
const blockSize = (parts: number) => (parts * TILE_BYTES) / NUMBER_BYTES;

export type Side = 'left' | 'right';

/** A matrix of an operand: `across` are rows of a or columns of b. Strides in numbers, one of them 1. */
export interface SplitMatrix {
  parts: PartCount;
  side: Side;
  across: { length: number; stride: number };
  inner: { length: number; stride: number };
}

/** Numbers of memory that the split matrix takes. */
export const splitSize = ({ parts, across, inner }: SplitMatrix): number =>
  (across.length / ACROSS) * (inner.length / INNER) * blockSize(parts);

/** Whether tiles have to be transposed. */
export const isTurned = ({ side, across, inner }: SplitMatrix): boolean =>
  (side === 'left' ? inner : across).stride !== 1;

/** What `configureTiles` wants: palette 1, every tile of 16 rows of 64 bytes. As numbers whose bits these are. */
export const tileShapes = new Float32Array(
  Uint32Array.from([1, 0, 0, 0, ...Array(4).fill(0x00400040), 0, 0, 0, 0, 0x10101010, 0x10101010, 0, 0])
    .buffer,
);

/** The bits that a bfloat16 has of a float32, and half of the last of them. */
const [BITS, HALF] = [31, 30];

function setRounding(assembler: TileAssembler): void {
  for (const [register, bits] of [
    [BITS, 0xffff0000],
    [HALF, 0x8000],
  ]) {
    assembler.set(RAX, bits);
    assembler.broadcastFrom(register, RAX);
  }
}

/** A subroutine: RSI matrix, RCX its parts. */
export function emitSplit(assembler: TileAssembler, matrix: SplitMatrix): void {
  const { parts, across, inner } = matrix;
  const block = blockSize(parts);
  const blocks = inner.length / INNER;
  if (!isTurned(matrix)) setRounding(assembler);
  const acrossTiles = [{ size: ACROSS, count: across.length / ACROSS }];
  const innerTiles = [{ size: INNER, count: blocks }];
  walk(assembler, acrossTiles, moving([RSI, across.stride], [RCX, (blocks * block) / ACROSS]), () =>
    walk(assembler, innerTiles, moving([RSI, inner.stride], [RCX, block / INNER]), () =>
      splitTile(assembler, matrix),
    ),
  );
}

function splitTile(assembler: TileAssembler, matrix: SplitMatrix): void {
  const { parts, side, across, inner } = matrix;
  const turned = isTurned(matrix);
  // Along the contiguous axis.
  const alongInner = (side === 'left') !== turned;
  // Turning tiles takes all registers.
  if (turned) setRounding(assembler);
  for (let row = 0; row < ACROSS; row++) {
    // A vector, and the one of inner numbers 16 further on.
    const first = row * (alongInner ? across.stride : inner.stride);
    const low = at(RSI, first * NUMBER_BYTES);
    const high = at(RSI, (first + LANES * inner.stride) * NUMBER_BYTES);
    emitParts(assembler, low, high, parts, (part) => at(RCX, part * TILE_BYTES + row * ROW_BYTES), row % 3);
  }
  if (!turned) return;
  for (let part = 0; part < parts; part++) {
    const place = (row: number) => at(RCX, part * TILE_BYTES + row * ROW_BYTES);
    assembler.transposeBlock({ length: ACROSS, place }, { length: ACROSS, place });
  }
}

/** Splits two vectors into vectors of pairs of bfloat16, one a part, the numbers of the first in the low halves. */
function emitParts(
  assembler: TileAssembler,
  low: Memory,
  high: Memory,
  parts: PartCount,
  to: (part: number) => Memory,
  turn: number,
): void {
  // Registers of its own for each of some in turn, so that none waits for the one before.
  const [x, y, nearX, nearY, pair] = [0, 1, 2, 3, 4].map((i) => 5 * turn + i);
  assembler.load(x, low);
  assembler.load(y, high);
  for (let part = 0; part < parts; part++) {
    // To the nearest bfloat16; what is left has so many digits less, and after two is one.
    if (part < 2) {
      assembler.addIntegers(nearX, x, HALF);
      assembler.addIntegers(nearY, y, HALF);
      assembler.shiftRight(pair, nearX, 16);
      assembler.vector(vector.and, nearY, nearY, BITS);
      assembler.vector(vector.or, pair, pair, nearY);
    } else {
      assembler.shiftRight(pair, x, 16);
      assembler.vector(vector.or, pair, pair, y);
    }
    assembler.store(to(part), pair);
    if (part === parts - 1) return;
    assembler.vector(vector.and, nearX, nearX, BITS);
    assembler.vector(vector.sub, x, x, nearX);
    assembler.vector(vector.sub, y, y, nearY);
  }
}

/** result = a b of split operands. */
export interface TileProduct {
  parts: PartCount;
  /** Multiples of 16. */
  rows: number;
  columns: number;
  /** A multiple of 32. */
  inner: number;
  /** Numbers from one row of the result to the next; its columns lie beside each other. */
  row: number;
  /** Whether it is added to what the result holds. */
  accumulate: boolean;
}

/** Pairs of parts of a and b, 0 the high ones, in an order in which every step needs few new tiles. */
export const pairs: Record<PartCount, readonly (readonly [left: number, right: number])[]> = {
  2: [[1, 0], [0, 0], [0, 1]],
  3: [[2, 0], [1, 0], [1, 1], [0, 1], [0, 0], [0, 2]],
}; // biome-ignore format: pairs

/** A subroutine: RSI parts of a, RDX parts of b, RCX result. The tiles must be configured. */
export function emitTileProduct(assembler: TileAssembler, product: TileProduct): void {
  const { parts, rows, columns, inner, row } = product;
  const panel = (inner / INNER) * blockSize(parts);
  assembler.set(R8, row * NUMBER_BYTES);
  assembler.set(R11, ROW_BYTES);
  walk(assembler, splitEvenly(columns / ACROSS, 2), moving([RDX, panel], [RCX, ACROSS]), (width) =>
    walk(assembler, splitEvenly(rows / ACROSS, 2), moving([RSI, panel], [RCX, ACROSS * row]), (height) =>
      emitTiles(assembler, product, height, width),
    ),
  );
}

/** At most 2 x 2 tiles of the result. */
function emitTiles(assembler: TileAssembler, product: TileProduct, height: number, width: number): void {
  const { parts, inner, row, accumulate } = product;
  const block = parts * TILE_BYTES;
  const panel = (inner / INNER) * block;
  const results = Array.from({ length: height * width }, (_, tile) => {
    const [i, j] = [Math.floor(tile / width), tile % width];
    return { tile, i, j, place: at(RCX, (i * ACROSS * row + j * ACROSS) * NUMBER_BYTES, R8) };
  });
  const [left, right] = [4, 6];
  for (const { tile, place } of results) {
    if (accumulate) assembler.loadTile(tile, place);
    else assembler.clearTile(tile);
  }
  assembler.copy(R9, RSI);
  assembler.copy(R10, RDX);
  repeat(assembler, inner / INNER, () => {
    let held: readonly (number | undefined)[] = [undefined, undefined];
    for (const [a, b] of pairs[parts]) {
      if (held[0] !== a)
        for (let i = 0; i < height; i++)
          assembler.loadTile(left + i, at(R9, i * panel + a * TILE_BYTES, R11));
      if (held[1] !== b)
        for (let j = 0; j < width; j++)
          assembler.loadTile(right + j, at(R10, j * panel + b * TILE_BYTES, R11));
      for (const { tile, i, j } of results) assembler.multiplyTiles(tile, left + i, right + j);
      held = [a, b];
    }
    assembler.addNumber(R9, block);
    assembler.addNumber(R10, block);
  });
  for (const { tile, place } of results) assembler.storeTile(place, tile);
}
