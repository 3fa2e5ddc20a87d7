/**
 * @file Matrix products: which kernel for which shape.
 *
 * Where the columns of b are beside each other, rows of the result are sums of rows of b (row-products.ts). Where the inner axis is,
 * entries of the result are dot products (dot-products.ts), or panels of b are transposed into the scratch memory first.
 */
import { type KernelAssembler, RAX, RCX, RDX, RSI } from '../assembler/kernel-assembler.ts';
import { target, walk } from '../loops/loops.ts';
import { dotCost, emitDots } from './dot-products.ts';
import { emitPacked, isPacked, packedScratch } from './packed-products.ts';
import type { Product } from './product.ts';
import { emitRows, type Panels, panelScratch } from './row-products.ts';
import { rowCost } from './row-tiles.ts';

export { type Product, tableNumbers } from './product.ts';

/** Whether one axis of b has its numbers beside each other. */
export function isProductSupported({ inner, columns, b }: Product): boolean {
  return b.column === 1 || b.inner === 1 || inner === 1 || columns === 1;
}

/** Whether a product of dot products, as a and b lie, takes less time than with a copy of b whose columns are beside each other. */
export function isFasterAsDots(product: Product): boolean {
  const { a, b, inner, columns } = product;
  if (a.inner !== 1 || b.inner !== 1 || inner === 1 || columns === 1) return false;
  const key = keyOf(product);
  const known = fasterAsDots.get(key);
  if (known !== undefined) return known;
  const faster = dotCost(product) < rowCost({ ...product, b: { inner: columns, column: 1 } });
  fasterAsDots.set(key, faster);
  return faster;
}

const fasterAsDots = new Map<string, boolean>();
const keyOf = (product: Product) => `${target.name} ${JSON.stringify(product)}`;

/**
 * A subroutine: RSI a, RDX b, RCX result, R8 scratch memory of `scratchOf` numbers. Of several parts R8 has the addresses of all a and b
 * in turn, in `tableNumbers` numbers, before the scratch memory, and RSI and RDX are 0.
 */
export function emitProduct(assembler: KernelAssembler, given: Product): void {
  const { product, panels, exchanged } = plan(given);
  if (exchanged) {
    assembler.copy(RAX, RSI);
    assembler.copy(RSI, RDX);
    assembler.copy(RDX, RAX);
  }
  const level = (depth: number): void => {
    const loop = product.batch[depth];
    if (!loop) {
      if (panels === 'dots') emitDots(assembler, product);
      else if (panels === 'packed') emitPacked(assembler, product);
      else emitRows(assembler, product, panels);
      return;
    }
    walk(assembler, [{ size: 1, count: loop.length }], [[RSI, loop.a], [RDX, loop.b], [RCX, loop.c]], () => level(depth + 1)); // biome-ignore format: pairs
  };
  level(0);
}

/** Numbers of scratch memory that the subroutine wants at R8. */
export function scratchOf(given: Product): number {
  return plan(given).scratch;
}

interface Plan {
  product: Product;
  panels: Panels | 'dots' | 'packed';
  /** Whether a and b have changed places. */
  exchanged: boolean;
  /** Numbers of scratch memory. */
  scratch: number;
}

/** What was decided, by the product: most stand in a program many times. */
const decided = new Map<string, Plan>();

function plan(given: Product): Plan {
  const key = keyOf(given);
  const known = decided.get(key);
  if (known) return known;
  const made = decide(given);
  decided.set(key, made);
  return made;
}

function decide(given: Product): Plan {
  if (!isProductSupported(given)) throw new Error('a product whose second operand has no contiguous axis');
  const normal = normalised(given);
  const exchanged = isTransposedVector(normal);
  const product = mergedRows(exchanged ? transposedVector(normal) : normal);
  const panels = panelsOf(product);
  const scratch =
    panels === 'dots' ? 0 : panels === 'packed' ? packedScratch(product) : panelScratch(product, panels);
  return { product, panels, exchanged, scratch };
}

function panelsOf(product: Product): Plan['panels'] {
  const { a, b, inner, columns } = product;
  const contiguous = a.inner === 1 && b.inner === 1;
  if (columns === 1 && contiguous) return dotCost(product) < rowCost(product) ? 'dots' : 'direct';
  if (isPacked(product)) return 'packed';
  if (b.column === 1) return copies(product) ? 'copied' : 'direct';
  const transposing = rowCost(product) + TRANSPOSED * inner * columns;
  return contiguous && dotCost(product) < transposing ? 'dots' : 'transposed';
}

/** Cycles to transpose one number. */
const TRANSPOSED = 0.3;

/** Whether rows of b are so far apart and used so often that copies of its panels are worth it. */
function copies({ rows, inner, columns, b }: Product): boolean {
  return b.inner >= 512 && columns > 64 && rows >= 32 && inner >= 128;
}

/** Strides of axes of one entry chosen so that there is a contiguous one. */
function normalised(product: Product): Product {
  const { rows, inner, columns } = product;
  const a = { row: rows === 1 ? 0 : product.a.row, inner: inner === 1 ? 1 : product.a.inner };
  const b = { inner: inner === 1 ? 1 : product.b.inner, column: columns === 1 ? 1 : product.b.column };
  if (inner === 1 && product.b.column === 1) b.inner = 0;
  const batch = product.batch.filter((loop) => loop.length > 1);
  return { ...product, a, b, batch };
}

/** A matrix times a vector, with the rows of the matrix beside each other. */
function isTransposedVector({ rows, columns, a, c }: Product): boolean {
  return columns === 1 && rows > 1 && a.row === 1 && c.row === 1;
}

/** It is the vector times the transposed matrix. */
function transposedVector(product: Product): Product {
  const { rows, a, b } = product;
  return {
    ...product,
    rows: 1,
    columns: rows,
    a: { row: 0, inner: b.inner },
    b: { inner: a.inner, column: 1 },
    c: { row: rows },
    batch: product.batch.map((loop) => ({ ...loop, a: loop.b, b: loop.a })),
  };
}

/** A batch with one b for all is more rows where a and the result allow it; else it is the innermost. */
function mergedRows(product: Product): Product {
  const fixed = product.batch.filter((loop) => loop.b === 0);
  const batch = [...product.batch.filter((loop) => loop.b !== 0), ...fixed];
  let { rows } = product;
  let { a, c } = product;
  for (let last = batch.at(-1); last && last.b === 0; last = batch.at(-1)) {
    if (rows === 1) {
      a = { ...a, row: last.a };
      c = { row: last.c };
    } else if (last.a !== rows * a.row || last.c !== rows * c.row) break;
    rows *= last.length;
    batch.pop();
  }
  return { ...product, rows, a, c, batch };
}
