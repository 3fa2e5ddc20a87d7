/** @file Steps that call the kernels of matrix products. */
import { R8, RCX, RDX, RSI } from './assembler.ts';
import { addressOf } from './copies.ts';
import { collapsed, expanded, newPlace, type Place } from './places.ts';
import { emitProduct, type Product, scratchOf } from './products.ts';
import type { Step } from './steps.ts';

/** a [..., rows, inner] times b [..., inner, columns]; the leading axes broadcast. The columns of `to` lie beside each other. */
export function productSteps(a: Place, b: Place, to: Place): Step[] {
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
  };
  const wanted = scratchOf(product);
  const scratch = wanted > 0 ? newPlace([wanted]) : undefined;
  const own = scratch ? [scratch.buffer] : [];
  return [
    {
      name: `product ${[...outer.map(({ length }) => length), rows, inner, columns].join('x')}`,
      reads: [a.buffer, b.buffer],
      writes: [to.buffer, ...own],
      emit({ assembler, subroutine }) {
        const label = subroutine(`product ${JSON.stringify(product)}`, (into) => emitProduct(into, product));
        assembler.address(RSI, addressOf(left));
        assembler.address(RDX, addressOf(right));
        assembler.address(RCX, addressOf(to));
        if (scratch) assembler.address(R8, addressOf(scratch));
        assembler.call(label);
      },
    },
  ];
}
