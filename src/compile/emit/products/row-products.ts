/**
 * @file Products whose result's rows are sums of rows of b: a tile of the result stays in registers while the inner axis passes
 * (row-tiles.ts), tile after tile down the rows of each panel of columns.
 */

import { at, type KernelAssembler, R8, R9, R10, RCX, RDX, RSI } from '../assembler/kernel-assembler.ts';
import { LANES, moving, NUMBER_BYTES, setLanes, splitEvenly, splitVectors, target, unrolled, walk } from '../loops/loops.ts'; // biome-ignore format: one import
import { emitCopied } from './copied-panels.ts';
import type { Product } from './product.ts';
import { best, emitTile, type Panel, TAIL_MASK } from './row-tiles.ts';

/** How panels of b, some vectors of columns wide, are read: where they are, or from scratch memory after a copy or a transpose. */
export type Panels = 'direct' | 'copied' | 'transposed';

/** Numbers of scratch memory. */
export function panelScratch(product: Product, panels: Panels): number {
  return panels === 'direct' ? 0 : product.inner * best(product).tile.vectors * LANES;
}

/** Products of the innermost loops, which have one b; no return. */
export function emitRows(assembler: KernelAssembler, product: Product, panels: Panels): void {
  const { a, b, c } = product;
  const { tile } = best(product);
  walk(
    assembler,
    splitVectors(product.columns, tile.vectors),
    moving([RDX, b.column], [RCX, 1]),
    (columns) => {
      if (panels === 'copied' && !target.loadsFirst) {
        setLanes(assembler, TAIL_MASK, columns % LANES);
        emitCopied(assembler, product, columns, tile.rows);
        return;
      }
      const from = panelOf(assembler, product, panels, columns);
      setLanes(assembler, TAIL_MASK, columns % LANES);
      walk(assembler, splitEvenly(product.rows, tile.rows), moving([RSI, a.row], [RCX, c.row]), (rows) =>
        emitTile(assembler, product, rows, columns, from),
      );
    },
  );
}

function panelOf(assembler: KernelAssembler, product: Product, panels: Panels, columns: number): Panel {
  const { b, inner } = product;
  if (panels === 'direct') return { base: RDX, inner: b.inner };
  const vectors = Math.ceil(columns / LANES);
  const width = vectors * LANES;
  if (panels === 'copied') {
    assembler.copy(R9, RDX);
    assembler.copy(R10, R8);
    const unroll = Math.max(1, Math.floor(16 / vectors));
    unrolled(assembler, inner, unroll, moving([R9, b.inner], [R10, width]), (step) => {
      for (let v = 0; v < vectors; v++) {
        const register = (step * vectors + v) % target.registers;
        assembler.load(register, at(R9, (step * b.inner + v * LANES) * NUMBER_BYTES));
        assembler.store(at(R10, (step * width + v * LANES) * NUMBER_BYTES), register);
      }
    });
    return { base: R8, inner: width };
  }
  for (let v = 0; v < vectors; v++) {
    assembler.address(R9, at(RDX, v * LANES * b.column * NUMBER_BYTES));
    assembler.address(R10, at(R8, v * LANES * NUMBER_BYTES));
    const height = Math.min(LANES, columns - v * LANES);
    walk(assembler, splitVectors(inner, 1), moving([R9, 1], [R10, width]), (length) =>
      assembler.transposeBlock(
        { length: height, place: (row) => at(R9, row * b.column * NUMBER_BYTES) },
        { length, place: (row) => at(R10, row * width * NUMBER_BYTES) },
      ),
    );
  }
  return { base: R8, inner: width };
}
