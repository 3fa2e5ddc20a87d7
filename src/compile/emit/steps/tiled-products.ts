/** @file Which products tiles compute, and their steps: operands are split once for all products of a program that use them. */
import { sizeOf } from '../../../shapes.ts';
import { type Buffer, newBuffer, newPlace, type Place, wholeBuffer } from '../../layout/places.ts';
import { type KernelAssembler, tilesOf } from '../assembler/kernel-assembler.ts';
import { ACROSS, emitSplit, emitTileProduct, INNER, isTurned, type PartCount, pairs, type Side, type SplitMatrix, splitSize, type TileProduct, tileShapes } from '../products/tiles.ts'; // biome-ignore format: one import
import { addressOf, kernelStep } from './kernel-steps.ts';
import type { Step } from './step.ts';

/** Cycles, by measurement: to multiply two tiles, to split one number, and one whose tile has to be turned. */
const [MULTIPLY, SPLIT, TURNED] = [17, 0.5, 0.8];
/** Multiplications of float32 in a cycle. */
const VECTORS = 30;

/** Numbers of a split operand that stays in the second cache beside others. */
const LARGEST = 2 ** 18;

/** How many products use an operand in the form in which this one does. */
export type Uses = Record<Side, number>;

export class TiledProducts {
  readonly #shapes = wholeBuffer(newBuffer(tileShapes.length, tileShapes), [tileShapes.length]);
  readonly #split = new Map<Buffer, Map<string, Place>>();
  readonly #parts: PartCount;

  constructor(parts: PartCount) {
    this.#parts = parts;
  }

  /**
   * The steps of a [..., rows, inner] times b [..., inner, columns]; undefined where tiles do not fit or other code is faster.
   * @param accumulate whether the product is added to what `to` holds
   */
  steps(a: Place, b: Place, to: Place, accumulate: boolean, uses: Uses): Step[] | undefined {
    const [rows, columns] = to.shape.slice(-2);
    const inner = a.shape.at(-1)!;
    if (sizeOf(to.shape) !== rows * columns || to.strides.at(-1) !== 1) return undefined;
    if (rows % ACROSS || columns % ACROSS || inner % INNER) return undefined;
    const parts = this.#parts;
    const matrices: Record<Side, SplitMatrix> = {
      left: { parts, side: 'left', across: { length: rows, stride: a.strides.at(-2)! }, inner: { length: inner, stride: a.strides.at(-1)! } }, // biome-ignore format: one thought
      right: { parts, side: 'right', across: { length: columns, stride: b.strides.at(-1)! }, inner: { length: inner, stride: b.strides.at(-2)! } }, // biome-ignore format: one thought
    };
    const both = Object.values(matrices);
    if (!both.every((matrix) => isSplittable(matrix) && splitSize(matrix) <= LARGEST)) return undefined;
    if (cycles(matrices, uses) > (rows * columns * inner) / VECTORS) return undefined;
    const splitting: Step[] = [];
    const left = this.#splitted(a, matrices.left, splitting);
    const right = this.#splitted(b, matrices.right, splitting);
    return [...splitting, productStep(left, right, to, { parts, rows, columns, inner, row: to.strides.at(-2)!, accumulate })]; // biome-ignore format: one thought
  }

  /** The steps of a whole program, with what has to come before and after if there are tiles in it. */
  around(steps: readonly Step[]): Step[] {
    if (this.#split.size === 0) return [...steps];
    return [
      { name: 'tiles', reads: [this.#shapes.buffer], writes: [], emit: ({ assembler }) => tilesOf(assembler).configureTiles(addressOf(this.#shapes)) }, // biome-ignore format: one thought
      ...steps,
      { name: 'tiles', reads: [], writes: [], emit: ({ assembler }) => tilesOf(assembler).releaseTiles() },
    ];
  }

  /** Where the parts of a matrix are, or will be after a step more. */
  #splitted(place: Place, matrix: SplitMatrix, steps: Step[]): Place {
    const known = this.#split.get(place.buffer) ?? new Map<string, Place>();
    this.#split.set(place.buffer, known);
    const key = `${place.offset} ${JSON.stringify(matrix)}`;
    const found = known.get(key);
    if (found) return found;
    const parts = newPlace([splitSize(matrix)]);
    steps.push(
      kernelStep(`split ${matrix.across.length}x${matrix.inner.length}`, [place], parts, {
        key: `split ${JSON.stringify(matrix)}`,
        emit: (into) => emitSplit(tilesOf(into), matrix),
      }),
    );
    known.set(key, parts);
    return parts;
  }
}

function productStep(left: Place, right: Place, to: Place, product: TileProduct): Step {
  const { rows, columns, inner, accumulate } = product;
  const kernel = {
    key: `tiles ${JSON.stringify(product)}`,
    emit: (into: KernelAssembler) => emitTileProduct(tilesOf(into), product),
  };
  return kernelStep(`product ${rows}x${inner}x${columns}`, [left, right], to, kernel, { accumulate });
}

const isSplittable = ({ across, inner }: SplitMatrix) => across.stride === 1 || inner.stride === 1;

/** Of a product by tiles, with its part of the splitting of its operands. */
function cycles({ left, right }: Record<Side, SplitMatrix>, uses: Uses): number {
  const tiles = (left.across.length / ACROSS) * (right.across.length / ACROSS) * (left.inner.length / INNER);
  return [left, right].reduce(
    (sum, matrix) => sum + (matrix.across.length * matrix.inner.length * (isTurned(matrix) ? TURNED : SPLIT)) / uses[matrix.side],
    pairs[left.parts].length * MULTIPLY * tiles,
  ); // biome-ignore format: one thought
}
