/**
 * @file Exact derivatives of any order on tfjs. Importing this replaces the gradients that tfjs gets wrong or lacks,
 * for all users of tfjs in the process; the kernels themselves stay as they are.
 */

import * as tf from '@tensorflow/tfjs';
import { registerGradients } from './operations.ts';

export { logSigmoid, logSoftmax, logSumExp } from './composed.ts';
export type { NamedTensors, WithAuxiliary } from './differentiate.ts';
export {
  grad,
  grads,
  gradsWithAuxiliary,
  valueAndGrad,
  valueAndGrads,
  valueAndGradsOf,
} from './differentiate.ts';
export { detached, untaped } from './gradient.ts';
export { type OperationName, operations, registerGradients } from './operations.ts';

// tfjs greets users of its plain JavaScript backend with an advertisement, else.
tf.enableProdMode();
registerGradients();
