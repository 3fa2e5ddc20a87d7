/** @file Steps that call the kernels of matrix products. */

import { collapsed, expanded, newPlace, type Place } from '../../layout/places.ts';
import { at, R8, RAX, RCX, RDX, RSI } from '../assembler/kernel-assembler.ts';
import { WORD_BYTES } from '../loops/loops.ts';
import { emitProduct, isFasterAsDots, type Product, scratchOf, tableNumbers } from '../products/products.ts';
import { addressOf, type Kernel, kernelStep } from './kernel-steps.ts';
import type { Step } from './step.ts';

/**
 * a [..., rows, inner] times b [..., inner, columns]; the leading axes broadcast. The columns of `to` lie beside each other.
 * @param accumulate whether the product is added to what `to` holds
 */
export function productSteps(a: Place, b: Place, to: Place, accumulate = false): Step[] {
  return stepsOf(operands(a, b, to, accumulate), to);
}

/** Whether b, whose columns are contiguous, is better not copied for the product, even if others share the copy. */
export const isForDots = (a: Place, b: Place, to: Place): boolean =>
  isFasterAsDots(operands(a, b, to, false).product);

function stepsOf({ product: whole, left, right }: Operands, to: Place): Step[] {
  return alongInner(whole).map(({ from, product }) => {
    const wanted = scratchOf(product);
    const a = { ...left, offset: left.offset + from * product.a.inner };
    const b = { ...right, offset: right.offset + from * product.b.inner };
    return kernelStep(nameOf(product), [a, b], to, kernelOf(product), {
      accumulate: product.accumulate,
      scratch: wanted > 0 ? newPlace([wanted]) : undefined,
    });
  });
}

/** Factors of one product. */
export interface Factors {
  a: Place;
  b: Place;
}

/**
 * The sum of the products: those that lie alike and are short are added up before they are written.
 * @param accumulate whether it is added to what `to` holds
 */
export function sumOfProductsSteps(factors: readonly Factors[], to: Place, accumulate: boolean): Step[] {
  const groups: Operands[][] = [];
  for (const { a, b } of factors) {
    const part = operands(a, b, to, accumulate || groups.length > 0);
    const { product } = part;
    const last = groups.at(-1);
    const alike = last && sameStrides(last[0].product, product) && (last.length + 1) * product.inner <= CHUNK;
    if (alike && isAddable(product)) last.push(part);
    else groups.push([part]);
  }
  return groups.flatMap((parts) => (parts.length === 1 ? stepsOf(parts[0], to) : [partsStep(parts, to)]));
}

const isAddable = ({ rows, columns, b, batch }: Product) =>
  batch.length === 0 && rows > 1 && columns > 1 && b.column === 1;

const sameStrides = (one: Product, other: Product) =>
  JSON.stringify({ ...one, accumulate: false }) === JSON.stringify({ ...other, accumulate: false });

function partsStep(parts: readonly Operands[], to: Place): Step {
  const product = { ...parts[0].product, parts: parts.length };
  const places = parts.flatMap(({ left, right }) => [left, right]);
  // The addresses of all factors, and scratch memory behind them.
  const table = newPlace([tableNumbers(parts.length) + scratchOf(product)]);
  const { key, emit } = kernelOf(product);
  return {
    name: nameOf({ ...product, inner: parts.length * product.inner }),
    reads: [...places, ...(product.accumulate ? [to] : [])].map(({ buffer }) => buffer),
    writes: [to.buffer, table.buffer],
    emit({ assembler, subroutine }) {
      const label = subroutine(key, emit);
      assembler.address(R8, addressOf(table));
      for (const [i, place] of places.entries()) {
        assembler.address(RAX, addressOf(place));
        assembler.storeWord(at(R8, i * WORD_BYTES), RAX);
      }
      assembler.set(RSI, 0);
      assembler.set(RDX, 0);
      assembler.address(RCX, addressOf(to));
      assembler.call(label);
    },
  };
}

const kernelOf = (product: Product): Kernel => ({
  key: `product ${JSON.stringify(product)}`,
  emit: (into) => emitProduct(into, product),
});

const nameOf = ({ batch, rows, inner, columns }: Product) =>
  `product ${[...batch.map(({ length }) => length), rows, inner, columns].join('x')}`;

/** A product, and its operands with the leading axes of the result. */
interface Operands {
  product: Product;
  left: Place;
  right: Place;
}

function operands(a: Place, b: Place, to: Place, accumulate: boolean): Operands {
  const leading = to.shape.slice(0, -2);
  const [rows, inner] = a.shape.slice(-2);
  const columns = b.shape.at(-1)!;
  const left = expanded(a, [...leading, rows, inner]);
  const right = expanded(b, [...leading, inner, columns]);
  const outer = collapsed(
    leading,
    [left, right, to].map(({ strides }) => strides.slice(0, -2)),
  );
  const [row, along] = left.strides.slice(-2);
  const [down, column] = right.strides.slice(-2);
  const product: Product = {
    rows,
    inner,
    columns,
    a: { row, inner: along },
    b: { inner: down, column: columns === 1 ? 1 : column },
    c: { row: to.strides.at(-2)! },
    batch: outer.map(({ length, strides: [a, b, c] }) => ({ length, a, b, c })),
    alpha: 1,
    accumulate,
  };
  return { product, left, right };
}

/** Longer inner axes are cut, so that what is read of both operands stays in the cache. */
const LONGEST = 512;
const CHUNK = 256;

function alongInner(product: Product): { from: number; product: Product }[] {
  const { inner, rows, columns, a, b } = product;
  if (inner <= LONGEST || rows * columns < 4096) return [{ from: 0, product }];
  const count = Math.floor(inner / CHUNK);
  const step = { length: count - 1, a: CHUNK * a.inner, b: CHUNK * b.inner, c: 0 };
  const rest = inner - count * CHUNK;
  const pieces = [
    { from: 0, product: { ...product, inner: CHUNK } },
    { from: CHUNK, product: { ...product, inner: CHUNK, batch: [...product.batch, step], accumulate: true } },
  ];
  if (rest > 0) pieces.push({ from: count * CHUNK, product: { ...product, inner: rest, accumulate: true } });
  return pieces;
}
