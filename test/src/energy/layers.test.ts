import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { activations, convolution, dense, gate, layerNorm, patches } from '../../../src/energy/index.ts';
import { noise } from './small.ts';

tf.enableProdMode();
beforeAll(async () => {
  await tf.setBackend('cpu');
});

const values = (t: tf.Tensor) => Array.from(t.dataSync());
function expectEqual(actual: tf.Tensor, expected: tf.Tensor) {
  expect(actual.shape).toEqual(expected.shape);
  const e = values(expected);
  for (const [i, value] of values(actual).entries()) expect(value).toBeCloseTo(e[i], 5);
}

/** One result for each episode, with weights of its own. */
const perEpisode = (x: tf.Tensor, f: (x: tf.Tensor, episode: number) => tf.Tensor) =>
  tf.stack(tf.unstack(x).map((one, episode) => f(one, episode)));
const of = (t: tf.Tensor, episode: number) => tf.unstack(t)[episode];

describe('dense', () => {
  const [episodes, patterns] = [2, 3];
  const x = () => noise([episodes, patterns, 4], 'x');
  const product = (a: tf.Tensor, w: tf.Tensor, b: tf.Tensor) =>
    tf.add(tf.matMul(a as tf.Tensor2D, w as tf.Tensor2D), b);

  test('with shared weights is one matrix product for all', () => {
    const [w, b] = [noise([4, 5], 'w'), noise([5], 'b')];
    expectEqual(
      dense(x(), w, b),
      perEpisode(x(), (one) => product(one, w, b)),
    );
  });

  test('with written weights is one for each episode, whichever of weight and bias is written', () => {
    const [w, b] = [noise([episodes, 4, 5], 'w'), noise([episodes, 5], 'b')];
    expectEqual(
      dense(x(), w, b),
      perEpisode(x(), (one, e) => product(one, of(w, e), of(b, e))),
    );
    expectEqual(
      dense(x(), w, of(b, 0)),
      perEpisode(x(), (one, e) => product(one, of(w, e), of(b, 0))),
    );
    expectEqual(
      dense(x(), of(w, 0), b),
      perEpisode(x(), (one, e) => product(one, of(w, 0), of(b, e))),
    );
    expectEqual(
      dense(x(), w),
      perEpisode(x(), (one, e) => product(one, of(w, e), tf.zeros([5]))),
    );
  });
});

describe('convolution', () => {
  const sizes = [
    [4, 4],
    [5, 7],
    [6, 5],
    [1, 3],
  ];
  const cases = sizes.flatMap((size) =>
    [1, 2, 3].flatMap((stride) => [1, 2, 3, 4].map((kernel) => ({ size, stride, kernel }))),
  );
  const [episodes, patterns, channels, outputs] = [2, 2, 2, 3];

  test.each(cases)(
    'with filters of every episode is tf.conv2d "same": $size, stride $stride, filters of $kernel',
    ({ size, stride, kernel }) => {
      const x = noise([episodes, patterns, ...size, channels], 'x');
      const w = noise([episodes, kernel, kernel, channels, outputs], 'w');
      const b = noise([episodes, outputs], 'b');
      const expected = perEpisode(x, (images, e) =>
        tf.add(tf.conv2d(images as tf.Tensor4D, of(w, e) as tf.Tensor4D, stride, 'same'), of(b, e)),
      );
      expectEqual(convolution(x, w, b, stride), expected);
    },
  );

  test('with shared filters is the same as with each episode’s a copy of them', () => {
    const x = noise([episodes, patterns, 5, 6, channels], 'x');
    const w = noise([3, 3, channels, outputs], 'w');
    const b = noise([outputs], 'b');
    for (const stride of [1, 2]) {
      const written = tf.stack([w, w]);
      expectEqual(convolution(x, w, b, stride), convolution(x, written, b, stride));
      expectEqual(convolution(x, w, undefined, stride), convolution(x, written, undefined, stride));
    }
  });

  test('patches are the windows that a filter sees, rows first', () => {
    const image = tf.reshape(tf.range(1, 10), [1, 3, 3, 1]) as tf.Tensor4D;
    const cut = patches(image, 3, 2).arraySync();
    // biome-ignore format: windows
    expect(cut).toEqual([[
      [[0, 0, 0, 0, 1, 2, 0, 4, 5], [0, 0, 0, 2, 3, 0, 5, 6, 0]],
      [[0, 4, 5, 0, 7, 8, 0, 0, 0], [5, 6, 0, 8, 9, 0, 0, 0, 0]],
    ]]);
  });
});

describe('layerNorm', () => {
  test('gives every row mean 0 and variance 1, then scale and shift', () => {
    const x = tf.add(tf.mul(noise([2, 3, 16], 'x'), 10), 5);
    const normal = layerNorm(x, tf.ones([16]), tf.zeros([16]));
    const { mean, variance } = tf.moments(normal, -1);
    for (const m of values(mean)) expect(m).toBeCloseTo(0, 5);
    for (const v of values(variance)) expect(v).toBeCloseTo(1, 4);
    const [scale, shift] = [noise([16], 'scale'), noise([16], 'shift')];
    expectEqual(layerNorm(x, scale, shift), tf.add(tf.mul(normal, scale), shift));
  });

  test('a constant row is the shift', () => {
    const shift = noise([4], 'shift');
    expectEqual(layerNorm(tf.fill([2, 4], 3), tf.ones([4]), shift), tf.broadcastTo(shift, [2, 4]));
  });
});

test('a gate lets through the candidate where open, the state where shut, half of both between', () => {
  const [state, candidate] = [tf.tensor1d([1, 2, 4]), tf.tensor1d([10, 20, 40])];
  expect(values(gate(state, candidate, tf.tensor1d([-200, 200, 0])))).toEqual([1, 20, 22]);
});

test.each([
  ['tanh', [-0.761594, 0, 0.964028]],
  ['softplus', [0.313262, Math.LN2, 2.126928]],
  ['silu', [-0.268941, 0, 1.761594]],
  ['gelu', [-0.158655, 0, 1.9545]],
] as const)('%s of -1, 0 and 2', (name, expected) => {
  for (const [i, y] of values(activations[name](tf.tensor1d([-1, 0, 2]))).entries()) {
    expect(y).toBeCloseTo(expected[i], 5);
  }
});
