/** @file Steps that call the kernels of matrix products. */
import { R8, RCX, RDX, RSI } from './assembler.ts';
import { addressOf } from './copies.ts';
import { collapsed, expanded, newPlace, type Place } from './places.ts';
import { emitProduct, type Product, scratchOf } from './products.ts';
import type { Step, Writing } from './steps.ts';

/**
 * a [..., rows, inner] times b [..., inner, columns]; the leading axes broadcast. The columns of `to` lie beside each other.
 * @param accumulate whether the product is added to what `to` holds
 */
export function productSteps(a: Place, b: Place, to: Place, accumulate = false): Step[] {
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
  const chunks = alongInner(product);
  return chunks.map(({ from, product }) => {
    const wanted = scratchOf(product);
    const scratch = wanted > 0 ? newPlace([wanted]) : undefined;
    const own = scratch ? [scratch.buffer] : [];
    return {
      name: `product ${[...product.batch.map(({ length }) => length), rows, product.inner, columns].join('x')}`,
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
