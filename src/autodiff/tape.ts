/**
 * @file What tfjs recorded on its tape: which operations a gradient would pass through, and the refusal of those that
 * operations.ts does not vouch for. Looks at names and shapes only, never at values.
 */

import * as tf from '@tensorflow/tfjs';
import { InputError } from '../errors.ts';
import { type KernelCall, present } from './kernel-call.ts';
import { isProven, operations } from './operations.ts';

type TapeNode = NonNullable<ReturnType<typeof tf.engine>['state']['activeTape']>[number];

/** tfjs functions that bring a gradient of their own (tf.customGrad), wrong from order 2, and what to use instead. */
const replacements: Record<string, string> = {
  logSoftmax: 'use logSoftmax of src/autodiff',
  logSigmoid: 'use logSigmoid of src/autodiff',
  fusedMatMul: 'use tf.matMul, and add the bias and the activation after it',
  fusedConv2d: 'use tf.conv2d, and add the bias and the activation after it',
  fusedDepthwiseConv2d: 'use tf.depthwiseConv2d, and add the bias and the activation after it',
};

/**
 * Throws an InputError if `y` depends on `xs` through an operation whose higher derivatives are not proven exact.
 * `nodes` is the part of the tape that computed `y` from `xs`.
 */
export function refuseUnproven(nodes: TapeNode[], xs: tf.Tensor[], y: tf.Tensor): void {
  const copies = new Set(nodes.flatMap((node) => (node.saved ?? []).map((tensor) => tensor.id)));
  for (const node of between(nodes, xs, y)) {
    // tfjs copies what it saves for the backward pass. A copy stands on the tape under the name of whatever scope was
    // open; were that the name of a kernel, tfjs would differentiate the copy as that kernel.
    const isCopy = node.outputs.some((output) => copies.has(output.id));
    const isExact = isCopy
      ? tf.getGradient(node.kernelName) === undefined
      : isProven(node.kernelName) && !isCustom(node);
    if (!isExact) throw new InputError(refusal(node, isCopy));
  }
}

/** The same for one kernel that the gradient passes through. */
export function refuseUnprovenCall({ kernelName, custom }: KernelCall): void {
  if (custom !== undefined) throw new InputError(customRefusal(custom));
  if (!isProven(kernelName)) throw new InputError(kernelRefusal(kernelName));
}

/** The nodes on a path from one of `xs` to `y`: exactly those that tfjs goes back through. */
function between(nodes: TapeNode[], xs: tf.Tensor[], y: tf.Tensor): TapeNode[] {
  const fromX = new Set(xs.map((x) => x.id));
  const dependent = nodes.filter((node) => {
    const depends = present(node.inputs).some((input) => fromX.has(input.id));
    if (depends) for (const output of node.outputs) fromX.add(output.id);
    return depends;
  });
  const toY = new Set([y.id]);
  return dependent.reverse().filter((node) => {
    const leads = node.outputs.some((output) => toY.has(output.id));
    if (leads) for (const input of present(node.inputs)) toY.add(input.id);
    return leads;
  });
}

/** tf.customGrad numbers its inputs. So do kernels that take a list, but theirs is an array. */
const isCustom = (node: TapeNode) => '0' in node.inputs && !Array.isArray(node.inputs);

function refusal(node: TapeNode, isCopy: boolean): string {
  const name = node.kernelName;
  if (isCopy)
    return `a tf.tidy scope may not be called "${name}", the name of an operation: tfjs confuses the two`;
  return isCustom(node) ? customRefusal(name) : kernelRefusal(name);
}

/** @param name of the scope of a tf.customGrad */
function customRefusal(name: string): string {
  const scope = name.replace(/__op$/, '');
  const what = name === scope ? `a custom gradient (in scope "${scope}")` : `operation "${scope}"`;
  const cure = replacements[scope];
  return `${what} is not allowed in an energy: its higher derivatives are not proven exact${cure ? ` (${cure})` : ''}`;
}

function kernelRefusal(name: string): string {
  if (Object.hasOwn(operations, name)) {
    return `operation "${name}": another gradient was registered for it after src/autodiff was loaded (call registerGradients again)`;
  }
  return `operation "${name}" is not allowed in an energy: its higher derivatives are not proven exact (allowed: see src/autodiff/operations.ts)`;
}

/**
 * Frees what the tape keeps for a backward pass that will not come, after a throw out of the outermost gradient.
 * tfjs leaves these tensors behind; inside an outer gradient they are still its own to free.
 */
export function abandonTape(): void {
  const { state, backendName } = tf.engine();
  if (state.gradientDepth > 0 || !state.activeTape) return;
  for (const node of state.activeTape) {
    for (const tensor of node.saved ?? []) tensor.dispose();
    // A copy whose node never came: a tf.customGrad that saved a tensor and then threw.
    const unnamed = tf.getKernel(node.kernelName, backendName) === undefined;
    if (unnamed && Object.keys(node.inputs).join() === 'x') tf.dispose(node.outputs);
  }
  state.activeTape = [];
}
