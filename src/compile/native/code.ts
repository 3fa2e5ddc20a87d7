/** @file The machine code of a plan. */

import { at, type KernelAssembler, RBX } from '../emit/assembler/kernel-assembler.ts';
import { Label } from '../emit/assembler/label.ts';
import { avx512, forTarget, type Target } from '../emit/assembler/target.ts';
import type { Constants } from '../emit/entrywise/entrywise.ts';
import { NUMBER_BYTES } from '../emit/loops/loops.ts';
import type { PartCount } from '../emit/products/tiles.ts';
import type { Node } from '../graph/graph.ts';
import { type Layout, type PartPorts, prepared } from '../plan/prepared.ts';
import { assemblerFor, hasTiles, writeFunction } from './machine.ts';
import { CLOCK_NUMBERS, Clocks } from './profile.ts';

/** Room for the numbers that instructions need. */
const NUMBERS = 256;

export interface NativeCode extends Layout {
  code: Uint8Array;
  /** Their names. */
  steps: string[];
  /** Where it is profiled: kinds of steps whose clocks stand at `CLOCKS_AT` of the memory. */
  clocks?: readonly string[];
}

export const CLOCKS_AT = NUMBERS * NUMBER_BYTES;

/**
 * @param bfloats see `plan`
 * @param profile whether it counts the cycles of every kind of step
 * @throws Unsupported for a graph that holds what no machine code is written for
 */
export function nativeCode(
  inputs: Record<string, Node>,
  outputs: Record<string, Node>,
  ports: PartPorts = { shared: [], summed: [] },
  bfloats?: PartCount,
  target: Target = avx512,
  profile = false,
): NativeCode {
  return forTarget(target, () =>
    write(inputs, outputs, ports, target, bfloats && hasTiles() ? bfloats : undefined, profile),
  );
}

function write(
  inputs: Record<string, Node>,
  outputs: Record<string, Node>,
  ports: PartPorts,
  target: Target,
  bfloats: PartCount | undefined,
  profile: boolean,
): NativeCode {
  const clocks = profile ? new Clocks(CLOCKS_AT) : undefined;
  const { steps, ...layout } = prepared(
    inputs,
    outputs,
    ports,
    NUMBERS + (clocks ? CLOCK_NUMBERS : 0),
    bfloats,
  );
  const numbers = new Numbers();
  const assembler = assemblerFor(target);
  const subroutines = new Map<string, { label: Label; emit(assembler: KernelAssembler): void }>();
  const subroutine = (key: string, emit: (assembler: KernelAssembler) => void): Label => {
    let known = subroutines.get(key);
    if (!known) {
      known = { label: new Label(), emit };
      subroutines.set(key, known);
    }
    return known.label;
  };
  writeFunction(assembler, () => {
    for (const step of steps) {
      const emit = () => step.emit({ assembler, constants: numbers, subroutine });
      if (clocks) clocks.around(assembler, step.name, emit);
      else emit();
    }
  });
  for (const { label, emit } of subroutines.values()) {
    assembler.place(label);
    emit(assembler);
    assembler.return();
  }
  return {
    ...layout,
    code: assembler.bytes.slice(),
    constants: [...layout.constants, { offset: 0, values: numbers.values() }],
    steps: steps.map(({ name }) => name),
    clocks: clocks?.kinds,
  };
}

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
    return { ...at(RBX, i * NUMBER_BYTES), operand: 'constant' as const };
  }

  wide(value: number) {
    const [low, high] = new Uint32Array(Float64Array.of(value).buffer);
    let i = this.#bits.findIndex((bits, k) => bits === low && this.#bits[k + 1] === high);
    if (i < 0) i = this.#bits.push(low, high) - 2;
    if (i + 1 >= NUMBERS) throw new Error('more constants than there is room for');
    return { ...at(RBX, i * NUMBER_BYTES), operand: 'constant' as const };
  }

  values(): Float32Array {
    return new Float32Array(Uint32Array.from(this.#bits).buffer);
  }
}
