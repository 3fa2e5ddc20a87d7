/** @file Steps that call the kernels of matrix products. */
import { at, R8, RAX, RCX, RDX, RSI } from './assembler.ts';
import { addressOf } from './copies.ts';
import { NUMBER_BYTES } from './loops.ts';
import { collapsed, expanded, newPlace, type Place } from './places.ts';
import { emitProduct, type Product, scratchOf } from './products.ts';
import type { Step, Writing } from './steps.ts';

/**
 * a [..., rows, inner] times b [..., inner, columns]; the leading axes broadcast. The columns of `to` lie beside each other.
 * @param accumulate whether the product is added to what `to` holds
 */
export function productSteps(a: Place, b: Place, to: Place, accumulate = false): Step[] {
  const { product, left, right } = operands(a, b, to, accumulate);
  return alongInner(product).map(({ from, product }) => {
    const wanted = scratchOf(product);
    const scratch = wanted > 0 ? newPlace([wanted]) : undefined;
    const own = scratch ? [scratch.buffer] : [];
    return {
      name: nameOf(product),
      reads: [a.buffer, b.buffer, ...(product.accumulate ? [to.buffer] : [])],
      writes: [to.buffer, ...own],
      emit({ assembler, subroutine }: Writing) {
        const label = subroutine(`product ${JSON.stringify(product)}`, (into) => emitProduct(into, product));
        assembler.address(RSI, addressOf({ ...left, offset: left.offset + from * product.a.inner }));
        assembler.address(RDX, addressOf({ ...right, offset: right.offset + from * product.b.inner }));
        assembler.address(RCX, addressOf(to));
        if (scratch) assembler.address(R8, addressOf(scratch));
        assembler.call(label);
      },
    };
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
  const groups: { product: Product; parts: Factors[] }[] = [];
  for (const { a, b } of factors) {
    const { product, left, right } = operands(a, b, to, accumulate || groups.length > 0);
    const part = { a: left, b: right };
    const last = groups.at(-1);
    const alike =
      last && sameStrides(last.product, product) && (last.parts.length + 1) * product.inner <= CHUNK;
    if (alike && isAddable(product)) last.parts.push(part);
    else groups.push({ product, parts: [part] });
  }
  return groups.flatMap(({ product, parts }) => {
    if (parts.length === 1) return productSteps(parts[0].a, parts[0].b, to, product.accumulate);
    return [partsStep({ ...product, parts: parts.length }, parts, to)];
  });
}

const isAddable = ({ rows, columns, b, batch }: Product) =>
  batch.length === 0 && rows > 1 && columns > 1 && b.column === 1;

const sameStrides = (one: Product, other: Product) =>
  JSON.stringify({ ...one, accumulate: false }) === JSON.stringify({ ...other, accumulate: false });

function partsStep(product: Product, parts: readonly Factors[], to: Place): Step {
  // The addresses of all factors.
  const table = newPlace([(2 * parts.length * WORD_BYTES) / NUMBER_BYTES]);
  return {
    name: nameOf({ ...product, inner: parts.length * product.inner }),
    reads: [...parts.flatMap(({ a, b }) => [a.buffer, b.buffer]), ...(product.accumulate ? [to.buffer] : [])],
    writes: [to.buffer, table.buffer],
    emit({ assembler, subroutine }) {
      const label = subroutine(`product ${JSON.stringify(product)}`, (into) => emitProduct(into, product));
      assembler.address(R8, addressOf(table));
      for (const [i, place] of parts.flatMap(({ a, b }) => [a, b]).entries()) {
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

const nameOf = ({ batch, rows, inner, columns }: Product) =>
  `product ${[...batch.map(({ length }) => length), rows, inner, columns].join('x')}`;

/** The product, and its operands with the leading axes of the result. */
function operands(a: Place, b: Place, to: Place, accumulate: boolean) {
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

const WORD_BYTES = 8;

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
