/** @file Starting from another run's parameters, also where the new run writes or reads in more steps. */
import type { ParameterSpec } from '../src/energy/index.ts';
import { InputError } from '../src/errors.ts';
import { sizeOf } from '../src/shapes.ts';
import { inverseSoftplus, softplus } from '../src/softplus.ts';

/**
 * Initial parameters taken from a trained memory of the same network. Tensors that it lacks keep `fresh` values. With
 * another number of write steps its rates are stretched over the new steps and scaled so that their sum stays; further read
 * steps repeat the last ratio.
 * @param fresh values to begin with, of `specs`
 * @param resize whether a tensor of the network itself may have another size: it takes what fits of the trained one, counted
 * from the first entry of every axis, and what is new keeps `fresh` values
 * @throws InputError when a tensor of the network itself has another shape, or with `resize` another number of axes
 */
export function warmStart(
  specs: Record<string, ParameterSpec>,
  fresh: Record<string, Float32Array>,
  sourceSpecs: Record<string, ParameterSpec>,
  source: Record<string, Float32Array>,
  resize = false,
): Record<string, Float32Array> {
  const start = (name: string): Float32Array => {
    const from = source[name];
    const [to, had] = [specs[name].shape, sourceSpecs[name]?.shape];
    if (!from || !had) return fresh[name];
    if (to.join() === had.join()) return from.slice();
    const sameRow = to.slice(1).join() === had.slice(1).join();
    const ofNetwork = !name.startsWith('rule.');
    if (resize && ofNetwork && to.length === had.length) return overlap(from, had, fresh[name], to);
    if (ofNetwork || !sameRow) {
      throw new InputError(`--from: tensor "${name}" has shape [${had}], expected [${to}]`);
    }
    return name === 'rule.write' ? stretch(from, had[0], to) : extend(from, had[0], to);
  };
  return Object.fromEntries(Object.keys(specs).map((name) => [name, start(name)]));
}

/** `fresh`, shaped `to`, with `from`, shaped `had`, over the block that both have. */
function overlap(from: Float32Array, had: number[], fresh: Float32Array, to: number[]): Float32Array {
  const values = fresh.slice();
  const copy = (axis: number, source: number, target: number): void => {
    if (axis === had.length) {
      values[target] = from[source];
      return;
    }
    for (let i = 0; i < Math.min(had[axis], to[axis]); i++)
      copy(axis + 1, source * had[axis] + i, target * to[axis] + i);
  };
  copy(0, 0, 0);
  return values;
}

/** Rates of fewer or more steps that cover the same ground. */
function stretch(from: Float32Array, steps: number, [wanted, ...row]: number[]): Float32Array {
  const width = sizeOf(row);
  return Float32Array.from({ length: wanted * width }, (_, i) => {
    const step = Math.min(steps - 1, Math.floor(((Math.floor(i / width) + 0.5) * steps) / wanted));
    return inverseSoftplus((softplus(from[step * width + (i % width)]) * steps) / wanted);
  });
}

/** The first rows, the last of them repeated. */
function extend(from: Float32Array, rows: number, [wanted, ...row]: number[]): Float32Array {
  const width = sizeOf(row);
  return Float32Array.from({ length: wanted * width }, (_, i) => {
    const at = Math.min(rows - 1, Math.floor(i / width));
    return from[at * width + (i % width)];
  });
}
