/** @file Steps that copy a tensor from one place to another. */

import { type Axis, collapsed, expanded, type Place, sliced, transposed } from '../../layout/places.ts';
import { at, type KernelAssembler, RCX, RSI } from '../assembler/kernel-assembler.ts';
import { emitLoop } from '../entrywise/fused-loops.ts';
import { advance, countDown, moving } from '../loops/loops.ts';
import { emitTranspose } from '../loops/transposes.ts';
import { addressOf, kernelStep } from './kernel-steps.ts';
import type { Step } from './step.ts';

/** Both places have one shape. */
export function copyStep(source: Place, target: Place): Step {
  const name = `copy ${target.shape.join('x')}`;
  const step = { name, reads: [source.buffer], writes: [target.buffer] };
  // In the order in which the target lies in memory.
  const order = target.shape
    .map((_, axis) => axis)
    .sort((i, j) => target.strides[j] - target.strides[i] || i - j);
  const [from, to] = [transposed(source, order), transposed(target, order)];
  const axes = collapsed(to.shape, [from.strides, to.strides]);
  const last = axes.at(-1);
  if (!last || (last.strides[1] === 1 && (last.strides[0] === 0 || last.strides[0] === 1))) {
    const loop = { shape: to.shape, entries: [{ load: from }], stores: [{ entry: 0, place: to }] };
    return { ...step, emit: ({ assembler, constants }) => emitLoop(assembler, loop, constants) };
  }
  const columns = axes.find(({ strides }) => strides[0] === 1);
  if (!columns || last.strides[1] !== 1) {
    return { ...step, emit: ({ assembler }) => emitStridedCopy(assembler, axes, from, to) };
  }
  const batch = axes
    .filter((axis) => axis !== last && axis !== columns)
    .map(({ length, strides }) => ({ length, from: strides[0], to: strides[1] }));
  const transpose = {
    rows: last.length,
    columns: columns.length,
    from: { row: last.strides[0] },
    to: { row: columns.strides[1] },
    batch,
  };
  return kernelStep(name, [from], to, {
    key: `transpose ${JSON.stringify(transpose)}`,
    emit: (into) => emitTranspose(into, transpose),
  });
}

/** Copies a tensor into a larger one, from `starts` on; all other entries become that of `fill`. */
export const padSteps = (from: Place, to: Place, starts: readonly number[], fill: Place): Step[] => [
  copyStep(expanded(fill, to.shape), to),
  copyStep(from, sliced(to, from.shape, starts, from.shape.map(() => 1))), // biome-ignore format: one line
];

/** Adds a tensor to another of its shape; both lie in row-major order. */
export function addStep(from: Place, to: Place): Step {
  const loop = {
    shape: to.shape,
    entries: [{ load: from }, { load: to }, { op: 'Add' as const, inputs: [1, 0] }],
    stores: [{ entry: 2, place: to }],
  };
  return {
    name: `add ${to.shape.join('x')}`,
    reads: [from.buffer, to.buffer],
    writes: [to.buffer],
    emit: ({ assembler, constants }) => emitLoop(assembler, loop, constants),
  };
}

/** Number by number. */
function emitStridedCopy(a: KernelAssembler, axes: readonly Axis[], from: Place, to: Place): void {
  const counters = [8, 9, 10, 11, 12, 13, 14, 15];
  if (axes.length > counters.length) throw new Error('a copy along more axes than there are registers');
  a.address(RSI, addressOf(from));
  a.address(RCX, addressOf(to));
  const nest = (depth: number) => {
    if (depth === axes.length) {
      a.loadFirst(0, at(RSI));
      a.storeFirst(at(RCX), 0);
      return;
    }
    const { length, strides } = axes[depth];
    const pointers = moving([RSI, strides[0]], [RCX, strides[1]]);
    countDown(a, counters[depth], length, () => {
      nest(depth + 1);
      advance(a, pointers, 1);
    });
    advance(a, pointers, -length);
  };
  nest(0);
}
