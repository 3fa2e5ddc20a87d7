/** @file Functions of a batch that may be computed in parts at once. */
import type { NamedValues, TensorFunction } from './engine.ts';
import type { Values } from './graph.ts';
import type { InputSpec } from './trace-backend.ts';

/** How to compute a function in parts: `part` of every part of the batch, then `whole` of what they gave. */
export interface Split {
  /** Inputs that are cut along their first axis, which has the same length for all. */
  batch: readonly string[];
  /** Inputs that every part gets whole. */
  shared: readonly string[];
  /** Function of the batch and the shared inputs. */
  part: TensorFunction;
  /** Outputs of `part` that are outputs of the function too, laid one behind the other along their first axis. */
  stacked: readonly string[];
  /**
   * Function of all inputs but the batch, and of the other outputs of every part, which `partName` names. Its outputs are those of the
   * function, but for the stacked ones.
   */
  whole(parts: number): TensorFunction;
}

/** What `Split.whole` calls an output of a part. */
export const partName = (name: string, part: number) => `${name}@${part}`;

/** The most parts of equal size, at most `threads`, in which the batch can be cut. */
export function partsOf({ batch }: Split, specs: Record<string, InputSpec>, threads: number): number {
  const length = specs[batch[0]]?.shape[0] ?? 1;
  for (let parts = Math.min(threads, length); parts > 1; parts--) if (length % parts === 0) return parts;
  return 1;
}

/** Shapes of the inputs of one part. */
export function partSpecs(
  split: Split,
  specs: Record<string, InputSpec>,
  parts: number,
): Record<string, InputSpec> {
  const own: Record<string, InputSpec> = {};
  for (const name of split.shared) own[name] = specs[name];
  for (const name of split.batch) {
    const { shape, dtype } = specs[name];
    own[name] = { shape: [shape[0] / parts, ...shape.slice(1)], dtype };
  }
  return own;
}

/** The inputs of part `k`, without copying. */
export function partValues(split: Split, values: NamedValues, parts: number, k: number): NamedValues {
  const own: NamedValues = {};
  for (const name of split.shared) own[name] = values[name];
  for (const name of split.batch) {
    const size = values[name].length / parts;
    own[name] = values[name].subarray(k * size, (k + 1) * size);
  }
  return own;
}

/** One behind the other. */
export function joined(parts: readonly Values[]): Values {
  const all = new (parts[0].constructor as new (length: number) => Values)(
    parts.reduce((sum, part) => sum + part.length, 0),
  );
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
