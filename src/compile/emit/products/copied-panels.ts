/**
 * @file Panels of a b that is too large for the caches of a core, with rows far apart: the first tile of a panel copies it to where the
 * others read it, and the first few ask for the next panel, line by line, so that it is there when its turn comes.
 */
import { at, type KernelAssembler, R8, R11, R12, RCX, RDX, RSI } from '../assembler/kernel-assembler.ts';
import { advance, LANES, moving, NUMBER_BYTES, type Pieces, splitEvenly, walk } from '../loops/loops.ts';
import type { Product } from './product.ts';
import { type Beside, emitTile, type Panel } from './row-tiles.ts';

const LINE_BYTES = 64;
/** Tiles that share in asking, at most. */
const ASKING = 8;

/**
 * All tiles of the panel at RDX. Uses R8, where the copy will be, to R12.
 * @param most rows of a tile
 */
export function emitCopied(
  assembler: KernelAssembler,
  product: Product,
  columns: number,
  most: number,
): void {
  const { a, b, c } = product;
  const vectors = Math.ceil(columns / LANES);
  const width = vectors * LANES;
  const heights = splitEvenly(product.rows, most);
  const asking = Math.min(ASKING, heights.reduce((sum, { count }) => sum + count, 0)); // biome-ignore format: one thought
  const lines = Math.ceil((width * NUMBER_BYTES) / LINE_BYTES);
  // Each asks for every so many rows, and the next goes on from there.
  const next: Beside = {
    period: asking,
    pointers: moving([R12, b.inner / asking]),
    step(step) {
      if (step % asking !== 0) return;
      const row = (step / asking) * b.inner * NUMBER_BYTES;
      for (let line = 0; line < lines; line++) assembler.prefetch(at(R12, row + line * LINE_BYTES));
    },
    end: (rest) => advance(assembler, [[R12, b.inner]], Math.ceil(rest / asking)),
  };
  const copying: Beside = {
    ...next,
    pointers: moving(...next.pointers, [R11, width]),
    step(step, held) {
      for (let v = 0; v < vectors; v++)
        assembler.store(at(R11, (step * width + v * LANES) * NUMBER_BYTES), held + v);
      next.step(step, held);
    },
  };
  const there: Panel = { base: RDX, inner: b.inner };
  const copy: Panel = { base: R8, inner: width };
  assembler.address(R12, at(RDX, width * NUMBER_BYTES));
  assembler.copy(R11, R8);
  const [first, after] = cutAt(heights, 1);
  const [askers, others] = cutAt(after, asking - 1);
  let piece = 0;
  walk(assembler, [...first, ...askers, ...others], moving([RSI, a.row], [RCX, c.row]), (rows) => {
    if (piece < first.length) emitTile(assembler, product, rows, columns, there, RSI, copying);
    else emitTile(assembler, product, rows, columns, copy, RSI, piece < first.length + askers.length ? next : undefined); // biome-ignore format: one thought
    piece++;
  });
}

/** The first `place` of the pieces, and the others. */
function cutAt(pieces: readonly Pieces[], place: number): [Pieces[], Pieces[]] {
  const [before, after]: [Pieces[], Pieces[]] = [[], []];
  let left = place;
  for (const { size, count } of pieces) {
    const taken = Math.min(count, left);
    left -= taken;
    if (taken > 0) before.push({ size, count: taken });
    if (count > taken) after.push({ size, count: count - taken });
  }
  return [before, after];
}
