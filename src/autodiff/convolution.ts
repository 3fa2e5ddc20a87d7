/**
 * @file Gradients of convolutions. y = x * w is linear in x and in w, and so are its two adjoints: the three kernels of
 * a convolution are closed under differentiation. All are NHWC and not dilated.
 */

import * as tf from '@tensorflow/tfjs';
import { InputError } from '../errors.ts';
import { type Attributes, type Gradient, run } from './gradient.ts';

/** The kernels that compute y from (x, w), x from (y, w), and w from (x, y). */
interface Family {
  forward: string;
  toInput: string;
  toFilter: string;
}

const full: Family = {
  forward: 'Conv2D',
  toInput: 'Conv2DBackpropInput',
  toFilter: 'Conv2DBackpropFilter',
};

const depthwise: Family = {
  forward: 'DepthwiseConv2dNative',
  toInput: 'DepthwiseConv2dNativeBackpropInput',
  toFilter: 'DepthwiseConv2dNativeBackpropFilter',
};

/** The attributes that all three kernels of a family share. `filter` is the filter's shape. */
function shared(kernelName: string, attrs: Attributes, filter: number[]): Attributes {
  const { strides, pad, dimRoundingMode, dilations = 1, dataFormat = 'NHWC' } = attrs;
  if (dataFormat !== 'NHWC') {
    throw new InputError(
      `operation "${kernelName}" is not allowed in an energy in data format ${dataFormat}`,
    );
  }
  if (!tf.backend_util.tupleValuesAreOne(dilations ?? 1)) {
    throw new InputError(`operation "${kernelName}" is not allowed in an energy with dilation`);
  }
  refuseUnevenPadding(kernelName, pad, strides, filter);
  return { strides, pad, dimRoundingMode, dataFormat, dilations: [1, 1] };
}

/**
 * Given one number as padding, tfjs finds the output's width from the height and vertical stride of the filter: a wrong
 * shape, unless both are square. Padding given per side is right.
 */
export function refuseUnevenPadding(
  kernelName: string,
  pad: unknown,
  strides: number | number[],
  [height, width]: number[],
): void {
  const [down, right] = Array.isArray(strides) ? strides : [strides, strides];
  if (typeof pad !== 'number' || pad === 0 || (height === width && down === right)) return;
  throw new InputError(
    `operation "${kernelName}" is not allowed in an energy with padding ${pad} for a window of ${height} x ${width} and strides ${down}, ${right}: give it per side, [[0, 0], [${pad}, ${pad}], [${pad}, ${pad}], [0, 0]]`,
  );
}

function gradientsOf({ forward, toInput, toFilter }: Family) {
  const y = (x: tf.Tensor, w: tf.Tensor, attrs: Attributes) => run(forward, { x, filter: w }, attrs);
  const x = (dy: tf.Tensor, w: tf.Tensor, attrs: Attributes, inputShape: number[]) =>
    run(toInput, { dy, filter: w }, { ...attrs, inputShape });
  const w = (x: tf.Tensor, dy: tf.Tensor, attrs: Attributes, filterShape: number[]) =>
    run(toFilter, { x, dy }, { ...attrs, filterShape });

  const ofForward: Gradient = {
    inputsToSave: ['x', 'filter'],
    gradFunc: (dy, [input, filter], attrs) => {
      const common = shared(forward, attrs, filter.shape);
      return {
        x: () => x(dy as tf.Tensor, filter, common, input.shape),
        filter: () => w(input, dy as tf.Tensor, common, filter.shape),
      };
    },
  };
  const ofToInput: Gradient = {
    inputsToSave: ['dy', 'filter'],
    gradFunc: (dx, [dy, filter], attrs) => {
      const common = shared(toInput, attrs, filter.shape);
      return {
        dy: () => y(dx as tf.Tensor, filter, common),
        filter: () => w(dx as tf.Tensor, dy, common, filter.shape),
      };
    },
  };
  const ofToFilter: Gradient = {
    inputsToSave: ['x', 'dy'],
    gradFunc: (dw, [input, dy], attrs) => {
      const common = shared(toFilter, attrs, attrs.filterShape as number[]);
      return {
        x: () => x(dy, dw as tf.Tensor, common, input.shape),
        dy: () => y(input, dw as tf.Tensor, common),
      };
    },
  };
  return { ofForward, ofToInput, ofToFilter };
}

export const {
  ofForward: conv2d,
  ofToInput: conv2dBackpropInput,
  ofToFilter: conv2dBackpropFilter,
} = gradientsOf(full);

export const {
  ofForward: depthwiseConv2d,
  ofToInput: depthwiseConv2dBackpropInput,
  ofToFilter: depthwiseConv2dBackpropFilter,
} = gradientsOf(depthwise);
