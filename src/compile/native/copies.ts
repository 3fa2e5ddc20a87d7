/** @file Steps that copy a tensor from one place to another. */
import { type Assembler, at, Label, RBX, RCX, RSI } from './assembler.ts';
import { emitLoop } from './fused-loops.ts';
import { type Axis, collapsed, type Place, transposed } from './places.ts';
import type { Step } from './steps.ts';
import { emitTranspose } from './transposes.ts';

const BYTES = 4;

/** Both places have one shape. */
export function copyStep(source: Place, target: Place): Step {
  const name = `copy ${target.shape.join('x')}`;
  const step = { name, reads: [source.buffer], writes: [target.buffer] };
  // In the order in which the target lies in memory.
  const order = target.shape
    .map((_, axis) => axis)
    .sort((i, j) => target.strides[j] - target.strides[i] || i - j);
  const [from, to] = [transposed(source, order), transposed(target, order)];
  const last = collapsed(to.shape, [from.strides, to.strides]).at(-1);
  if (!last || (last.strides[1] === 1 && (last.strides[0] === 0 || last.strides[0] === 1))) {
    const loop = { shape: to.shape, entries: [{ load: from }], stores: [{ entry: 0, place: to }] };
    return { ...step, emit: ({ assembler, constants }) => emitLoop(assembler, loop, constants) };
  }
  const axes = collapsed(to.shape, [from.strides, to.strides]);
  const rows = axes.at(-1)!;
  const columns = axes.find(({ strides }) => strides[0] === 1);
  if (!columns || rows.strides[1] !== 1) {
    return { ...step, emit: ({ assembler }) => emitStridedCopy(assembler, axes, from, to) };
  }
  const batch = axes
    .filter((axis) => axis !== rows && axis !== columns)
    .map(({ length, strides }) => ({ length, from: strides[0], to: strides[1] }));
  const transpose = {
    rows: rows.length,
    columns: columns.length,
    from: { row: rows.strides[0] },
    to: { row: columns.strides[1] },
    batch,
  };
  return {
    ...step,
    emit({ assembler, subroutine }) {
      const label = subroutine(`transpose ${JSON.stringify(transpose)}`, (a) => emitTranspose(a, transpose));
      assembler.address(RSI, addressOf(from));
      assembler.address(RCX, addressOf(to));
      assembler.call(label);
    },
  };
}

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

/** Where a place begins. */
export const addressOf = ({ buffer, offset }: Place) => at(RBX, (buffer.offset + offset) * BYTES);

/** Number by number. */
function emitStridedCopy(a: Assembler, axes: readonly Axis[], from: Place, to: Place): void {
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
    const start = new Label();
    a.set(counters[depth], length);
    a.place(start);
    nest(depth + 1);
    a.addNumber(RSI, strides[0] * BYTES);
    a.addNumber(RCX, strides[1] * BYTES);
    a.addNumber(counters[depth], -1);
    a.jumpNotZero(start);
    a.addNumber(RSI, -length * strides[0] * BYTES);
    a.addNumber(RCX, -length * strides[1] * BYTES);
  };
  nest(0);
}
