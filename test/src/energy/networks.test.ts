import * as tf from '@tensorflow/tfjs';
import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import { beforeAll, describe, expect, test } from 'vitest';
import { valueAndGradsOf } from '../../../src/autodiff/index.ts';
import {
  checkNetwork,
  convolutional,
  gatedRecurrent,
  hopfieldSite,
  initialise,
  keyValue,
  mlp,
  networks,
  writableFloats,
} from '../../../src/energy/index.ts';
import { names, noise, randomParameters, small } from './small.ts';

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

test('every network that a configuration can name has a small one', () => {
  expect(names.sort()).toEqual(Object.keys(networks).sort());
});

describe.each(names)('%s', (name) => {
  const network = small[name];
  const [episodes, patterns] = [3, 4];
  const x = () => noise([episodes, patterns, ...network.patternShape], 'patterns');

  test('passes the check of networks', () => {
    expect(() => checkNetwork(network, name)).not.toThrow();
  });

  test('gives one energy for each pattern, which no other pattern changes', () => {
    const p = randomParameters(network);
    const all = network.energy(p, x());
    expect(all.shape).toEqual([episodes, patterns]);
    const alone = tf.unstack(x(), 1).map((one) => network.energy(p, tf.expandDims(one, 1)));
    expectEqual(tf.concat(alone, 1), all);
    expect(new Set(values(all)).size).toBe(episodes * patterns);
  });

  test('an episode with written weights of its own is as if alone with them', () => {
    const p = randomParameters(network, episodes);
    const together = network.energy(p, x());
    const alone = tf.unstack(x()).map((patterns, episode) => {
      const own = Object.fromEntries(
        Object.entries(p).map(([key, t]) => [
          key,
          network.parameters[key].writable ? (tf.gather(t, episode) as tf.Tensor) : t,
        ]),
      );
      return network.energy(own, tf.expandDims(patterns, 0));
    });
    expectEqual(together, tf.concat(alone, 0));
  });

  test('every parameter has a part in the energy', () => {
    const { grads } = valueAndGradsOf((p) => tf.sum(network.energy(p, x())))(randomParameters(network));
    for (const [key, slope] of Object.entries(grads)) {
      expect(slope.shape, key).toEqual(network.parameters[key].shape);
      expect(Math.max(...values(tf.abs(slope))), key).toBeGreaterThan(1e-4);
    }
  });
});

describe('floats of memory', () => {
  test.each([
    ['hopfield-site of 128 bits: d (d + 1) / 2', hopfieldSite({ patternShape: [128] }), 8256],
    ['gated-recurrent, 128 to 64 with biases', gatedRecurrent({ patternShape: [128] }), 8256],
    [
      'convolutional, 8 filters of 3 x 3 x 32 with biases',
      convolutional({ patternShape: [32, 32, 1] }),
      9 * 32 * 8 + 8,
    ],
    [
      'convolutional, memory in two layers',
      convolutional({ patternShape: [32, 32, 3], memory: [4, 2] }),
      9 * 16 * 4 + 4 + 9 * 32 * 2 + 2,
    ],
    ['key-value of 32 keys and codes of 256', keyValue({ patternShape: [32, 32, 1] }), 8192],
    ['mlp, all', mlp({ patternShape: [8], hidden: [4, 3] }), 8 * 4 + 4 + 4 * 3 + 3 + 3],
    ['mlp, the second layer', mlp({ patternShape: [8], hidden: [4, 3], writable: [2] }), 4 * 3 + 3],
  ])('%s', (_, network, floats) => {
    expect(writableFloats(network)).toBe(floats);
  });
});

describe('hopfield-site', () => {
  const d = 5;
  const w = () => noise([d, d], 'W');
  const x = () => noise([1, 3, d], 'x');
  const hopfield = hopfieldSite({ patternShape: [d], width: 0, linear: { xh: -0.5 }, features: ['xh'] });

  test('linear in x h alone is the energy of Hopfield 1982, -x W x / 2', () => {
    const linear = tf.tensor2d([-0.5], [1, 1]);
    expect(hopfield.parameters['site.linear'].init).toEqual({ values: [-0.5] });
    const expected = (matrix: number[][], pattern: number[]) =>
      -0.5 * pattern.reduce((sum, a, i) => sum + pattern.reduce((s, b, j) => s + a * matrix[i][j] * b, 0), 0);
    const symmetric = tf.add(w(), tf.transpose(w()));
    for (const matrix of [symmetric, w()]) {
      const energies = values(hopfield.energy({ W: matrix, 'site.linear': linear }, x()));
      const patterns = (x().arraySync() as number[][][])[0];
      for (const [i, pattern] of patterns.entries()) {
        expect(energies[i]).toBeCloseTo(expected(matrix.arraySync() as number[][], pattern), 5);
      }
    }
  });

  test('only the symmetric part of W acts', () => {
    const network = hopfieldSite({ patternShape: [d] });
    const p = randomParameters(network);
    const skew = tf.sub(p.W, tf.transpose(p.W));
    expectEqual(network.energy({ ...p, W: tf.add(p.W, skew) }, x()), network.energy(p, x()));
  });

  test('renaming the units renames nothing in the energy', () => {
    const network = hopfieldSite({ patternShape: [d], features: ['xh', 'h2', 'x2', 'x', 'h'] });
    const p = randomParameters(network);
    const order = tf.tensor1d([3, 0, 4, 1, 2], 'int32');
    const renamed = tf.gather(tf.gather(p.W, order, 0), order, 1);
    expectEqual(network.energy({ ...p, W: renamed }, tf.gather(x(), order, 2)), network.energy(p, x()));
  });

  test('a pattern and its negative have one energy, unless the site function sees x or h', () => {
    const even = hopfieldSite({ patternShape: [d] });
    const p = randomParameters(even);
    expectEqual(even.energy(p, tf.neg(x())), even.energy(p, x()));
    const odd = hopfieldSite({ patternShape: [d], features: ['xh', 'x'] });
    const q = randomParameters(odd);
    const difference = tf.sub(odd.energy(q, tf.neg(x())), odd.energy(q, x()));
    expect(Math.max(...values(tf.abs(difference)))).toBeGreaterThan(0.01);
  });

  test('no features are refused', () => {
    expect(() => hopfieldSite({ patternShape: [d], features: [] })).toThrow(
      /^network.features is empty, expected/,
    );
  });
});

describe('key-value', () => {
  const shape = [4, 6, 1];
  const network = keyValue({ patternShape: shape, keys: 3, code: 5, mean: -0.5 });
  const initial = Object.fromEntries(
    Object.entries(initialise(network.parameters, 0)).map(([key, v]) => [
      key,
      tf.tensor(v, network.parameters[key].shape),
    ]),
  );

  test('starts as half the squared distance of a pattern, less its mean, to what its key recalls', () => {
    const p: Record<string, tf.Tensor> = {
      ...initial,
      'site.w3': tf.zerosLike(initial['site.w3']),
      V: noise([3, 5], 'V'),
    };
    const x = noise([1, 2, ...shape], 'x');
    const y = tf.add(tf.reshape(x, [2, 24]), 0.5) as tf.Tensor2D;
    const projected = tf.matMul(y, p['key.w'] as tf.Tensor2D);
    const key = tf.div(projected, tf.sqrt(tf.add(tf.sum(tf.square(projected), 1, true), 1)));
    const recalled = tf.matMul(
      tf.matMul(key as tf.Tensor2D, p.V as tf.Tensor2D),
      p['decode.w'] as tf.Tensor2D,
    );
    const expected = tf.mul(tf.sum(tf.squaredDifference(y, recalled), 1), 0.5);
    expectEqual(network.energy(p, x), tf.reshape(expected, [1, 2]));
  });

  test('the rows of its first decoder are orthonormal, the first of them constant', () => {
    const rows = initial['decode.w'] as tf.Tensor2D;
    expectEqual(tf.matMul(rows, rows, false, true), tf.eye(5));
    expectEqual(tf.slice(rows, 0, 1), tf.fill([1, 24], 1 / Math.sqrt(24)));
  });

  test.each([1, 2, 3])(
    'of %i channels: its first decoder is orthonormal, also where it is complete',
    (channels) => {
      const d = 24 * channels;
      for (const code of [5, d]) {
        const { parameters } = keyValue({ patternShape: [4, 6, channels], keys: 3, code });
        const rows = tf.tensor2d(initialise(parameters, 0)['decode.w'], [code, d]);
        expectEqual(tf.matMul(rows, rows, false, true), tf.eye(code));
      }
    },
  );

  test('a colour image starts as half its squared distance to what its key recalls', () => {
    const colour = keyValue({ patternShape: [4, 4, 3], keys: 3, code: 5, mean: 0 });
    const p: Record<string, tf.Tensor> = Object.fromEntries(
      Object.entries(initialise(colour.parameters, 0)).map(([key, v]) => [
        key,
        tf.tensor(v, colour.parameters[key].shape),
      ]),
    );
    const x = noise([1, 2, 4, 4, 3], 'x');
    const without = { ...p, 'site.w3': tf.zerosLike(p['site.w3']) };
    // Nothing is stored at first: the field is zero.
    expectEqual(colour.energy(without, x), tf.mul(tf.sum(tf.square(x), [2, 3, 4]), 0.5));
  });

  describe('writing codes', () => {
    const coded = keyValue({ patternShape: shape, keys: 3, code: 5, mean: -0.5, writing: 'code' });
    const own = (): Record<string, tf.Tensor> => ({
      ...initial,
      'target.w': tf.transpose(initial['decode.w'] as tf.Tensor2D),
      V: noise([3, 5], 'V'),
    });
    const keysOf = (x: tf.Tensor) => {
      const y = tf.add(tf.reshape(x, [-1, 24]), 0.5) as tf.Tensor2D;
      const projected = tf.matMul(y, initial['key.w'] as tf.Tensor2D);
      return tf.div(projected, tf.sqrt(tf.add(tf.sum(tf.square(projected), 1, true), 1))) as tf.Tensor2D;
    };

    test('has the energy of any other, and one more shared matrix', () => {
      const x = noise([1, 2, ...shape], 'x');
      expectEqual(coded.energy(own(), x), network.energy(own(), x));
      const more = Object.keys(coded.parameters).filter((key) => !(key in network.parameters));
      expect(more).toEqual(['target.w']);
      const start = tf.tensor(initialise(coded.parameters, 0)['target.w'], [24, 5]);
      expectEqual(start, own()['target.w']);
    });

    test('its writing energy is half the squared error of the code', () => {
      const x = noise([1, 2, ...shape], 'x');
      const y = tf.add(tf.reshape(x, [2, 24]), 0.5) as tf.Tensor2D;
      const target = tf.matMul(y, own()['target.w'] as tf.Tensor2D);
      const error = tf.sub(target, tf.matMul(keysOf(x), own().V as tf.Tensor2D));
      expectEqual(
        coded.writingEnergy!(own(), x),
        tf.reshape(tf.mul(tf.sum(tf.square(error), 1), 0.5), [1, 2]),
      );
    });

    test.each([2, 7])(
      'its curvature of %i patterns is never below the largest eigenvalue, nor twice it',
      (n) => {
        const x = noise([2, n, ...shape], 'x');
        const bounds = coded.curvature!(own(), x);
        expect(bounds.shape).toEqual([2]);
        for (const [e, bound] of Array.from(bounds.dataSync()).entries()) {
          const keys = keysOf(tf.slice(x, [e], [1]));
          const gram = tf.matMul(keys, keys, true, false).arraySync() as number[][];
          const [largest] = new EigenvalueDecomposition(new Matrix(gram)).realEigenvalues.sort(
            (a, b) => b - a,
          );
          expect(bound).toBeGreaterThanOrEqual(largest * (1 - 1e-5));
          expect(bound).toBeLessThan(2 * largest);
        }
      },
    );
  });

  test('what is no image, or shorter than its code, is refused', () => {
    expect(() => keyValue({ patternShape: [24] })).toThrow(
      'network "key-value" needs patterns [height, width, channels], not [24]',
    );
    expect(() => keyValue({ patternShape: shape, code: 25 })).toThrow(
      'network.code is 25, expected at most the 24 values of a pattern',
    );
  });
});

describe('mlp', () => {
  test('is w . tanh(tanh(x W1 + b1) W2 + b2)', () => {
    const network = mlp({ patternShape: [2, 2], hidden: [3, 2] });
    const p = randomParameters(network);
    const x = noise([2, 3, 2, 2], 'x');
    const layer = (input: number[], w: number[][], b: number[]) =>
      b.map((bias, j) => Math.tanh(bias + input.reduce((sum, v, i) => sum + v * w[i][j], 0)));
    const { W1, b1, W2, b2, W3 } = Object.fromEntries(
      // biome-ignore lint/suspicious/noExplicitAny: nested numbers
      Object.entries(p).map(([key, t]) => [key, t.arraySync() as any]),
    );
    const expected = (tf.reshape(x, [6, 4]).arraySync() as number[][]).map((row) =>
      layer(layer(row, W1, b1), W2, b2).reduce((sum, h, i) => sum + h * W3[i][0], 0),
    );
    for (const [i, energy] of values(network.energy(p, x)).entries())
      expect(energy).toBeCloseTo(expected[i], 5);
  });

  test('layers that are not there cannot be written', () => {
    expect(() => mlp({ patternShape: [4], hidden: [3], writable: [3] })).toThrow(
      'network.writable is [3], expected layers between 1 and 2',
    );
  });
});

describe('gated-recurrent', () => {
  test('a closed gate keeps the first state, an open one takes the last candidate', () => {
    const make = (hops: number) => gatedRecurrent({ patternShape: [6], width: 5, hops, memory: 2 });
    const p = randomParameters(make(1));
    const x = noise([1, 3, 6], 'x');
    const biased = (bias: number) => ({ ...p, 'gate.b': tf.fill([5], bias) });
    // Closed: the state stays at zero, and so does the energy.
    expectEqual(make(4).energy(biased(-100), x), tf.zeros([1, 3]));
    // Open: the state is the candidate, which depends on the state before.
    const open = make(2).energy(biased(100), x);
    const row = (a: tf.Tensor, w: tf.Tensor) => tf.matMul(a as tf.Tensor2D, w as tf.Tensor2D);
    const flat = tf.reshape(x, [3, 6]);
    const memory = tf.tanh(tf.add(row(flat, p['memory.w']), p['memory.b']));
    const seen = tf.add(row(flat, p['static.x']), p['static.b']);
    const first = tf.concat([memory, tf.tanh(seen)], 1);
    const second = tf.concat([memory, tf.tanh(tf.add(seen, row(first, p['static.s'])))], 1);
    expectEqual(open, tf.reshape(row(second, p['energy.w']), [1, 3]));
  });

  test('a memory as wide as the state is refused', () => {
    expect(() => gatedRecurrent({ patternShape: [6], width: 4, memory: 4 })).toThrow(
      'network.memory is 4, expected less than its width 4',
    );
  });
});

describe('convolutional', () => {
  test('patterns that are no images of sides in multiples of 8 are refused', () => {
    for (const patternShape of [[64], [8, 8], [8, 12, 1]]) {
      expect(() => convolutional({ patternShape })).toThrow(
        `network "convolutional" needs patterns [height, width, channels] with sides in multiples of 8, not [${patternShape}]`,
      );
    }
  });

  test('no memory, or nothing but memory, is refused', () => {
    for (const memory of [
      [0, 0],
      [32, 0],
      [0, 64],
    ] as [number, number][]) {
      expect(() => convolutional({ patternShape: [8, 8, 1], memory })).toThrow(
        `network.memory is [${memory}], expected fewer than [32, 64] channels and not none`,
      );
    }
  });
});
