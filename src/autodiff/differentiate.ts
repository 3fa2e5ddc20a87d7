/**
 * @file Reverse-mode derivatives on tfjs's tape that stay exact when nested: the only place that asks for a gradient.
 *
 * Two things differ from `tf.grads`. Every call differentiates with respect to fresh clones of its arguments, because
 * all nesting levels share one tape and tfjs follows every path from a tensor, also those an outer level built
 * (perturbation confusion, https://doi.org/10.1007/s10990-008-9037-1). And an unused argument gets zeros.
 */

import * as tf from '@tensorflow/tfjs';
import { callable, check, floatTensor, listOf, optional, tensor } from '../arguments.ts';
import { InputError } from '../errors.ts';
import { tapeInUse } from './kernel-tape.ts';
import { abandonTape, refuseUnproven, refuseUnprovenCall } from './tape.ts';

/** Named tensors, such as the parameters of an energy network. */
export type NamedTensors = Record<string, tf.Tensor>;

/**
 * `grad(f)(x, dy?)` is the gradient of sum(f(x) * dy) with respect to `x`, in the shape of `x`.
 * `dy` has the shape of f(x) and is all ones by default: an energy of shape [episodes, patterns] needs no sum.
 */
export function grad(f: (x: tf.Tensor) => tf.Tensor): (x: tf.Tensor, dy?: tf.Tensor) => tf.Tensor {
  check('grad', { f: [f, callable] });
  return (x, dy) => {
    const { value, gradients } = differentiate((xs) => f(xs[0]), [x], dy);
    value.dispose();
    return gradients[0];
  };
}

/** Like `grad`, for a function of several tensors given as one list. */
export function grads(
  f: (...xs: tf.Tensor[]) => tf.Tensor,
): (xs: tf.Tensor[], dy?: tf.Tensor) => tf.Tensor[] {
  check('grads', { f: [f, callable] });
  return (xs, dy) => {
    const { value, gradients } = differentiate((fresh) => f(...fresh), xs, dy);
    value.dispose();
    return gradients;
  };
}

/** Like `grad`, with f(x) beside the gradient: ask for both together, or the forward pass is built twice. */
export function valueAndGrad(
  f: (x: tf.Tensor) => tf.Tensor,
): (x: tf.Tensor, dy?: tf.Tensor) => { value: tf.Tensor; grad: tf.Tensor } {
  check('valueAndGrad', { f: [f, callable] });
  return (x, dy) => {
    const { value, gradients } = differentiate((xs) => f(xs[0]), [x], dy);
    return { value, grad: gradients[0] };
  };
}

/** Like `grads`, with f(...xs) beside the gradients. */
export function valueAndGrads(
  f: (...xs: tf.Tensor[]) => tf.Tensor,
): (xs: tf.Tensor[], dy?: tf.Tensor) => { value: tf.Tensor; grads: tf.Tensor[] } {
  check('valueAndGrads', { f: [f, callable] });
  return (xs, dy) => {
    const { value, gradients } = differentiate((fresh) => f(...fresh), xs, dy);
    return { value, grads: gradients };
  };
}

/** Like `valueAndGrads`, for a function of named tensors; the gradients carry the same names. */
export function valueAndGradsOf(
  f: (p: NamedTensors) => tf.Tensor,
): (p: NamedTensors, dy?: tf.Tensor) => { value: tf.Tensor; grads: NamedTensors } {
  return (p, dy) => {
    const names = Object.keys(p);
    const named = (tensors: tf.Tensor[]) => Object.fromEntries(names.map((name, i) => [name, tensors[i]]));
    const { value, gradients } = differentiate((fresh) => f(named(fresh)), Object.values(p), dy);
    return { value, grads: named(gradients) };
  };
}

/** What a function returns that hands out more than what is differentiated. */
export interface WithAuxiliary {
  value: tf.Tensor;
  /** Passed on as they are; whatever is computed from them is still differentiated by outer levels. */
  auxiliary: NamedTensors;
}

/** Like `valueAndGrads`, for a function that also hands out what it computed on the way. */
export function gradsWithAuxiliary(
  f: (...xs: tf.Tensor[]) => WithAuxiliary,
): (xs: tf.Tensor[]) => { value: tf.Tensor; grads: tf.Tensor[]; auxiliary: NamedTensors } {
  return (xs) =>
    tf.tidy(() => {
      let kept: NamedTensors = {};
      const clones = (tensors: NamedTensors, each: (t: tf.Tensor) => tf.Tensor) =>
        Object.fromEntries(Object.entries(tensors).map(([name, t]) => [name, each(t)]));
      try {
        const { value, gradients } = differentiate((fresh) => {
          const result = f(...fresh);
          // Survives the tidying up inside; the clone handed out below belongs to the caller's scope again.
          kept = clones(result.auxiliary, (t) => tf.keep(tf.clone(t)));
          return result.value;
        }, xs);
        return { value, grads: gradients, auxiliary: clones(kept, (t) => tf.clone(t)) };
      } finally {
        tf.dispose(kept);
      }
    });
}

/** The value of `f` at `xs` and the gradient of sum(f * dy) with respect to each of `xs`. */
function differentiate(
  f: (xs: tf.Tensor[]) => tf.Tensor,
  xs: tf.Tensor[],
  dy?: tf.Tensor,
): { value: tf.Tensor; gradients: tf.Tensor[] } {
  check('gradient', {
    x: [xs, listOf(tensor, 'a list of tensors')],
    dy: [dy, optional(floatTensor)],
  });
  const engine = tf.engine();
  try {
    return tf.tidy(() => {
      if (xs.length === 0) return { value: f([]), gradients: [] };
      const fresh = xs.map((x) => tf.clone(x));
      // Inside a gradient of tfjs's own, only its own tape knows what depends on what.
      const tape = engine.state.gradientDepth === 0 ? tapeInUse() : undefined;
      const forward = () => {
        const start = engine.state.activeTape?.length ?? 0;
        const y = f(fresh);
        if (!(y instanceof tf.Tensor))
          throw new InputError('a differentiated function must return one tensor');
        if (dy !== undefined && !tf.util.arraysEqual(dy.shape, y.shape)) {
          throw new InputError(`dy has shape [${dy.shape}], but the function's value has shape [${y.shape}]`);
        }
        if (!tape) refuseUnproven(engine.state.activeTape?.slice(start) ?? [], fresh, y);
        return tf.clone(y);
      };
      const { value, grads } = tape
        ? tape.gradients(forward, fresh, dy && tf.clone(dy), refuseUnprovenCall)
        : engine.gradients(forward, fresh, dy && tf.clone(dy), true);
      return { value, gradients: fresh.map((x, i) => grads[i] ?? tf.zeros(x.shape)) };
    });
  } catch (error) {
    abandonTape();
    throw error;
  }
}
