/** @file The machine code of a plan. */
import type { Node } from '../graph.ts';
import { layOut } from './arena.ts';
import { Assembler, at, Label, RBX } from './assembler.ts';
import { addStep } from './copies.ts';
import type { Constants } from './entrywise.ts';
import { NUMBER_BYTES } from './loops.ts';
import { writeFunction } from './machine.ts';
import { type Buffer, newPlace, type Place } from './places.ts';
import { plan } from './plan.ts';
import type { PartCount } from './tiles.ts';

/** Numbers that may be read behind every buffer. */
const BEHIND = 16;
/** Room for the numbers that instructions need. */
const NUMBERS = 256;

export interface NativeCode {
  code: Uint8Array;
  /** Numbers of memory it works in, from the base it is given. */
  memory: number;
  inputs: Record<string, Place>;
  outputs: Record<string, Place>;
  /** What the memory must hold at these places before the first call, and keeps. */
  constants: { offset: number; values: ArrayLike<number> }[];
  /** Their names. */
  steps: string[];
}

/** What makes code for parts of a batch, called for one after the other. */
export interface PartPorts {
  /** Inputs whose values are still there after a call. */
  shared: readonly string[];
  /** Outputs that are added to what is there. */
  summed: readonly string[];
}

/**
 * @param bfloats see `plan`
 * @throws Unsupported for a graph that holds what no machine code is written for
 */
export function nativeCode(
  inputs: Record<string, Node>,
  outputs: Record<string, Node>,
  { shared, summed }: PartPorts = { shared: [], summed: [] },
  bfloats?: PartCount,
): NativeCode {
  const planned = plan(inputs, outputs, bfloats);
  const sums = summed.map((name) => {
    const result = planned.outputs[name];
    const sum = newPlace(result.shape);
    planned.steps.push(addStep(result, sum));
    planned.outputs[name] = sum;
    return sum.buffer;
  });
  const buffers = (places: Record<string, Place>) => Object.values(places).map(({ buffer }) => buffer);
  const given = [...buffers(planned.inputs), ...sums];
  const kept = [...buffers(planned.outputs), ...shared.map((name) => planned.inputs[name].buffer)];
  const numbers = new Numbers();
  const memory = layOut(planned.steps, given, kept, NUMBERS) + BEHIND;
  const assembler = new Assembler();
  const subroutines = new Map<string, { label: Label; emit(assembler: Assembler): void }>();
  const subroutine = (key: string, emit: (assembler: Assembler) => void): Label => {
    let known = subroutines.get(key);
    if (!known) {
      known = { label: new Label(), emit };
      subroutines.set(key, known);
    }
    return known.label;
  };
  writeFunction(assembler, () => {
    for (const step of planned.steps) step.emit({ assembler, constants: numbers, subroutine });
  });
  for (const { label, emit } of subroutines.values()) {
    assembler.place(label);
    emit(assembler);
  }
  const fixed = new Set<Buffer>();
  for (const { reads } of planned.steps) for (const buffer of reads) if (buffer.values) fixed.add(buffer);
  for (const buffer of buffers(planned.outputs)) if (buffer.values) fixed.add(buffer);
  const constants = [...fixed].map(({ offset, values, size }) => ({ offset, values: spread(values!, size) }));
  constants.push({ offset: 0, values: numbers.values() });
  return {
    code: assembler.bytes.slice(),
    memory,
    inputs: planned.inputs,
    outputs: planned.outputs,
    constants,
    steps: planned.steps.map(({ name }) => name),
  };
}

/** Constants of one value are kept as one. */
const spread = (values: ArrayLike<number>, size: number): ArrayLike<number> =>
  values.length === size ? values : Float32Array.from({ length: size }, () => values[0]);

/** Numbers at the start of the memory. */
class Numbers implements Constants {
  readonly #bits: number[] = [];

  number(value: number) {
    return this.bits(new Uint32Array(Float32Array.of(value).buffer)[0]);
  }

  bits(value: number) {
    let i = this.#bits.indexOf(value);
    if (i < 0) i = this.#bits.push(value) - 1;
    if (i >= NUMBERS) throw new Error('more constants than there is room for');
    return at(RBX, i * NUMBER_BYTES);
  }

  values(): Float32Array {
    return new Float32Array(Uint32Array.from(this.#bits).buffer);
  }
}
