/** @file What the memory of a planned program looks like, for those who know nothing of places. */
import { sizeOf } from '../../shapes.ts';
import type { Dtype } from '../graph/graph.ts';
import type { Place } from '../layout/places.ts';
import type { InputSpec } from '../program/engine.ts';
import type { Image, Port } from '../program/program-memory.ts';
import type { Trace } from '../trace/trace-backend.ts';
import type { Layout } from './prepared.ts';

export function imageOf(
  { memory, constants, inputs, outputs }: Layout,
  traced: Trace,
  specs: Record<string, InputSpec>,
  summed: readonly string[],
): Image {
  const ports = (places: Record<string, Place>, dtypeOf: (name: string) => Dtype | undefined): Port[] =>
    Object.entries(places).map(([name, { buffer, offset, shape }]) => ({
      name,
      from: buffer.offset + offset,
      size: sizeOf(shape),
      dtype: dtypeOf(name) ?? 'float32',
    }));
  return {
    size: memory,
    constants,
    inputs: ports(inputs, (name) => specs[name]?.dtype),
    outputs: ports(outputs, (name) => traced.outputs[name].dtype),
    summed,
  };
}
