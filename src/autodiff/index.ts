/** @file Exact derivatives of any order on tfjs. Importing this corrects the gradients that tfjs itself gets wrong. */

import * as tf from '@tensorflow/tfjs';
import { exp, sigmoid, softmax, tanh } from './activations.ts';

export type { NamedTensors } from './differentiate.ts';
export { grad, grads, valueAndGrad, valueAndGrads, valueAndGradsOf } from './differentiate.ts';

for (const [kernelName, gradient] of Object.entries({
  Exp: exp,
  Sigmoid: sigmoid,
  Softmax: softmax,
  Tanh: tanh,
})) {
  tf.registerGradient({ kernelName, ...gradient });
}
