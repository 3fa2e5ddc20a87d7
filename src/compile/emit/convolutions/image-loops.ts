/** @file Loops over images that lie beside each other, [c, h, w, n]: over sixteen of them at a time, and over their pixels. */
import type { KernelAssembler, VectorOptions } from '../assembler/kernel-assembler.ts';
import { advance, type Pointer, repeat, setLanes, splitVectors, walk } from '../loops/loops.ts';
import type { Run, Tile } from './windows.ts';

/** Numbers from one to the next, of a tensor [c, h, w, n]. */
export interface Strides {
  channel: number;
  row: number;
  column: number;
}

/** Multiplications that may be written out for one kernel. */
export const MOST = 300_000;

const IMAGES_MASK = 1;

/** The body for every vector of images, with what lets only images through. The registers move along; it may use RAX. */
export function forImages(
  assembler: KernelAssembler,
  images: number,
  registers: readonly number[],
  body: (options: VectorOptions) => void,
): void {
  const pointers = registers.map((register): Pointer => [register, 1]);
  walk(assembler, splitVectors(images, 1), pointers, (lanes) =>
    body(setLanes(assembler, IMAGES_MASK, lanes)),
  );
}

/** The body for every tile of an axis. Input and output move along it, and are where they were in the end. */
export function forRuns(
  assembler: KernelAssembler,
  runs: readonly Run[],
  input: Pointer,
  output: Pointer,
  body: (tile: Tile) => void,
): void {
  const move = (inputs: number, outputs: number) => {
    advance(assembler, [input], inputs);
    advance(assembler, [output], outputs);
  };
  let [inputs, outputs] = [0, 0];
  for (const [i, { tile, count, step }] of runs.entries()) {
    const last = i === runs.length - 1 && count === 1;
    repeat(assembler, count, () => {
      body(tile);
      if (!last) move(step.inputs, step.outputs);
    });
    if (last) continue;
    inputs += count * step.inputs;
    outputs += count * step.outputs;
  }
  move(-inputs, -outputs);
}
