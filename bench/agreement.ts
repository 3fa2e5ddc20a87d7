/** @file Whether two contestants do the same work: losses and gradients of the same update, compared before anything is timed. */
import type { NamedArray } from '../meta/safetensors.ts';

/** Greatest relative difference. */
export const TOLERANCE = 1e-3;
/**
 * A parameter whose gradient is less than this part of the whole is compared on the scale of this part: its own digits are
 * lost in the rounding of what it is a difference of.
 */
export const NEGLIGIBLE = 1e-3;

export interface Outcome {
  /** Of the first step, and of the second, which depends on the first update. */
  losses: readonly [number, number];
  /** Of the first step's gradient, all parameters together. */
  norm: number;
  /** First moments of AdamW after the first step, by parameter: the clipped gradient, times 1 - beta1. */
  moments: Record<string, NamedArray>;
}

/** Relative differences. */
export interface Agreement {
  loss: number;
  /** Of the loss after the first update. */
  second: number;
  norm: number;
  /** The greatest over parameters of |a - b| / |a|, and the parameter that has it. */
  gradient: number;
  parameter: string;
}

const length = (values: ArrayLike<number>) =>
  Math.sqrt(Array.from(values).reduce((sum, v) => sum + v * v, 0));

const relative = (a: number, b: number) => Math.abs(a - b) / Math.abs(a);

/** How far `other` is from `ours`. @throws Error when it lacks a parameter or has it in another size */
export function agreement(ours: Outcome, other: Outcome): Agreement {
  const lengths = Object.fromEntries(
    Object.entries(ours.moments).map(([name, { values }]) => [name, length(values)]),
  );
  const least = NEGLIGIBLE * length(Object.values(lengths));
  let gradient = 0;
  let parameter = '';
  for (const [name, { values }] of Object.entries(ours.moments)) {
    const theirs = other.moments[name]?.values;
    if (theirs?.length !== values.length)
      throw new Error(`the gradient of "${name}" has ${theirs?.length ?? 0} entries, ours ${values.length}`);
    const apart = length(values.map((v, i) => v - theirs[i])) / Math.max(lengths[name], least);
    // Not a number is as far as can be.
    if (!(apart <= gradient) && !Number.isNaN(gradient)) [gradient, parameter] = [apart, name];
  }
  return {
    loss: relative(ours.losses[0], other.losses[0]),
    second: relative(ours.losses[1], other.losses[1]),
    norm: relative(ours.norm, other.norm),
    gradient,
    parameter,
  };
}

/** What does not agree, in words, or undefined when all does. */
export function disagreement(found: Agreement, tolerance = TOLERANCE): string | undefined {
  const names = {
    loss: 'the loss',
    second: 'the loss after the first update',
    norm: 'the norm of the gradient',
    gradient: `the gradient of "${found.parameter}"`,
  };
  const keys = Object.keys(names) as (keyof typeof names)[];
  const wrong = keys.find((key) => !(found[key] < tolerance));
  return (
    wrong && `${names[wrong]} differs by ${found[wrong].toPrecision(3)}, expected less than ${tolerance}`
  );
}
