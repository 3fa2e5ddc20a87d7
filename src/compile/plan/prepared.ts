/** @file A plan with its memory laid out: all that is the same whatever its steps are written in. */

import type { PartCount } from '../emit/products/tiles.ts';
import { addStep } from '../emit/steps/copy-steps.ts';
import type { Step } from '../emit/steps/step.ts';
import type { Node } from '../graph/graph.ts';
import { type Buffer, newPlace, type Place } from '../layout/places.ts';
import { addedOf, type Split } from '../split/split.ts';
import type { Trace } from '../trace/trace-backend.ts';
import { layOut } from './arena.ts';
import { plan } from './plan.ts';

/** Numbers that may be read behind every buffer. */
const BEHIND = 16;

/** What makes code for parts of a batch, called for one after the other. */
export interface PartPorts {
  /** Inputs whose values are still there after a call. */
  shared: readonly string[];
  /** Outputs that are added to what is there. */
  summed: readonly string[];
}

/** Those of the parts of a split, each of so many pieces. */
export const portsOf = (split: Split, traced: Trace, pieces: number): PartPorts => ({
  shared: split.shared,
  summed: pieces > 1 ? addedOf(split, traced) : [],
});

/** Where everything lies. */
export interface Layout {
  /** Numbers of memory it works in. */
  memory: number;
  inputs: Record<string, Place>;
  outputs: Record<string, Place>;
  /** What the memory must hold at these places before the first call, and keeps. */
  constants: { offset: number; values: ArrayLike<number> }[];
}

export interface Prepared extends Layout {
  steps: Step[];
}

/**
 * @param numbers of memory that are left free at its start
 * @param bfloats see `plan`
 * @throws Unsupported for a graph that holds what no kernel is written for
 */
export function prepared(
  inputs: Record<string, Node>,
  outputs: Record<string, Node>,
  { shared, summed }: PartPorts,
  numbers: number,
  bfloats?: PartCount,
): Prepared {
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
  const memory = layOut(planned.steps, given, kept, numbers) + BEHIND;
  const fixed = new Set<Buffer>();
  for (const { reads } of planned.steps) for (const buffer of reads) if (buffer.values) fixed.add(buffer);
  for (const buffer of buffers(planned.outputs)) if (buffer.values) fixed.add(buffer);
  const constants = [...fixed].map(({ offset, values, size }) => ({ offset, values: spread(values!, size) }));
  return { ...planned, memory, constants };
}

/** Constants of one value are kept as one. */
const spread = (values: ArrayLike<number>, size: number): ArrayLike<number> =>
  values.length === size ? values : Float32Array.from({ length: size }, () => values[0]);
