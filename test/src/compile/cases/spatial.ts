/** @file Cases for convolution, pooling and resizing. */
import * as tf from '@tensorflow/tfjs';
import { type Argument, type Case, kernel, real } from '../agreement.ts';

type Pair = [number, number];
type Pad = 'same' | 'valid' | number | [Pair, Pair, Pair, Pair];
type Geometry = {
  size: Pair;
  filter: Pair;
  strides: Pair;
  pad: Pad;
  dilations?: Pair;
  round?: 'floor' | 'round' | 'ceil';
};

/** Strides that divide and that leave rows over; filters of odd and even sides; every kind of padding. */
const geometries: Geometry[] = [
  ...(['same', 'valid'] as const).flatMap((pad): Geometry[] => [
    { size: [6, 5], filter: [3, 3], strides: [1, 1], pad },
    { size: [5, 6], filter: [2, 4], strides: [1, 1], pad },
    { size: [6, 5], filter: [1, 1], strides: [1, 1], pad },
    { size: [6, 5], filter: [3, 3], strides: [2, 2], pad },
    { size: [5, 8], filter: [2, 3], strides: [2, 2], pad },
    { size: [6, 5], filter: [4, 2], strides: [2, 1], pad },
    { size: [8, 7], filter: [3, 2], strides: [3, 3], pad },
    { size: [6, 7], filter: [1, 1], strides: [3, 2], pad },
  ]),
  { size: [4, 5], filter: [3, 3], strides: [1, 1], pad: 1 },
  { size: [5, 7], filter: [3, 3], strides: [2, 2], pad: 1 },
  { size: [5, 4], filter: [2, 2], strides: [1, 1], pad: 2 },
  {
    size: [4, 5],
    filter: [3, 2],
    strides: [1, 1],
    pad: [
      [0, 0],
      [1, 2],
      [0, 1],
      [0, 0],
    ],
  },
  { size: [6, 6], filter: [3, 3], strides: [2, 2], pad: 0, round: 'floor' },
  { size: [6, 6], filter: [3, 3], strides: [2, 2], pad: 0, round: 'ceil' },
  { size: [6, 7], filter: [3, 2], strides: [2, 3], pad: 1, round: 'ceil' },
  { size: [6, 6], filter: [3, 3], strides: [2, 2], pad: 1, round: 'round' },
];
const dilated: Geometry[] = [
  { size: [6, 7], filter: [3, 2], strides: [1, 1], pad: 'valid', dilations: [2, 2] },
  { size: [6, 7], filter: [3, 3], strides: [1, 1], pad: 'same', dilations: [2, 3] },
];
const undilated = [1, 1];
const BATCH = 2;
/** Zeros and ones for every argument would test no border. */
const fixed = (x: Argument): Argument => ({ ...x, free: false });
const image = ({ size }: Geometry, channels: number) => fixed(real([BATCH, ...size, channels]));

const attributes = ({ strides, pad, dilations = [1, 1], round }: Geometry) => ({
  strides,
  pad,
  dilations,
  dataFormat: 'NHWC',
  dimRoundingMode: round,
});

/** A convolution's forward and two backward kernels, from x [n, h, w, channels] and a filter of the given last axes. */
function family(name: string, channels: number, last: Pair, depthwise: boolean) {
  const names = depthwise
    ? ['DepthwiseConv2dNativeBackpropInput', 'DepthwiseConv2dNativeBackpropFilter']
    : ['Conv2DBackpropInput', 'Conv2DBackpropFilter'];
  const output = (g: Geometry) => {
    const { strides, pad, dilations, round } = { dilations: undilated as Pair, ...g };
    const info = tf.backend_util.computeConv2DInfo(
      [BATCH, ...g.size, channels],
      [...g.filter, ...last],
      strides,
      dilations,
      pad as 'same',
      round,
      depthwise,
    );
    return info.outShape;
  };
  const filter = (g: Geometry) => fixed(real([...g.filter, ...last]));
  const forward = [...geometries, ...dilated].map(
    (g): Case => ({ f: kernel(name, attributes(g), 'x', 'filter'), on: [image(g, channels), filter(g)] }),
  );
  const toInput = geometries.map(
    (g): Case => ({
      f: kernel(names[0], { ...attributes(g), inputShape: [BATCH, ...g.size, channels] }, 'dy', 'filter'),
      on: [fixed(real(output(g))), filter(g)],
    }),
  );
  const toFilter = geometries.map(
    (g): Case => ({
      f: kernel(names[1], { ...attributes(g), filterShape: [...g.filter, ...last] }, 'x', 'dy'),
      on: [image(g, channels), fixed(real(output(g)))],
    }),
  );
  return { [name]: forward, [names[0]]: toInput, [names[1]]: toFilter };
}

const poolShape = (g: Geometry, channels: number) =>
  tf.backend_util.computePool2DInfo(
    [BATCH, ...g.size, channels],
    g.filter,
    g.strides,
    1,
    g.pad as 'same',
    g.round,
  ).outShape;

/** Without those that tfjs cannot pool, or would average no entries in. */
const pooled = geometries.filter((g) => {
  if (Array.isArray(g.pad)) return false;
  const [, rows, columns] = poolShape(g, 1);
  const starts = (count: number, i: 0 | 1) =>
    (count - 1) * g.strides[i] - (g.pad === 'same' ? 0 : Number(g.pad) || 0);
  const before = typeof g.pad === 'number' && g.pad >= Math.min(...g.filter);
  return !before && starts(rows, 0) < g.size[0] && starts(columns, 1) < g.size[1];
});
const pooling = ({ filter, strides, pad, round }: Geometry) => ({
  filterSize: filter,
  strides,
  pad,
  dimRoundingMode: round,
});

type Resize = (x: tf.Tensor4D, size: Pair, alignCorners?: boolean, halfPixelCenters?: boolean) => tf.Tensor;
const resizing = (resize: Resize): Case[] =>
  (
    [
      [7, 5],
      [2, 2],
      [3, 4],
      [8, 12],
      [1, 1],
      [1, 6],
    ] as Pair[]
  ).flatMap((size) =>
    (
      [
        [false, false],
        [true, false],
        [false, true],
      ] as const
    ).map(([aligned, half]) => ({
      f: (x: tf.Tensor4D) => resize(x, size, aligned, half),
      on: [real([2, 3, 4, 2])],
    })),
  );

export const spatial: Record<string, Case[]> = {
  ...family('Conv2D', 3, [3, 2], false),
  ...family('DepthwiseConv2dNative', 2, [2, 2], true),
  AvgPool: pooled.map((g) => ({ f: kernel('AvgPool', pooling(g), 'x'), on: [image(g, 2)] })),
  AvgPoolGrad: pooled
    // tfjs's own kernel does not know the rounding mode.
    .filter(({ round }) => round === undefined)
    .map((g) => ({
      f: kernel('AvgPoolGrad', pooling(g), 'dy', 'input'),
      on: [fixed(real(poolShape(g, 2))), image(g, 2)],
    })),
  ResizeBilinear: resizing(tf.image.resizeBilinear),
  ResizeNearestNeighbor: resizing(tf.image.resizeNearestNeighbor),
};
