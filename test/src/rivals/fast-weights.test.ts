import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import { initialise } from '../../../src/energy/index.ts';
import { stream } from '../../../src/random.ts';
import { fastWeights } from '../../../src/rivals/index.ts';

const d = 24;
const random = stream(1, 'fast-weights');
const bits = (count: number) =>
  tf.tensor(
    Array.from({ length: count * d }, () => 2 * random.bit() - 1),
    [1, count, d],
  );
const parameters = (model: ReturnType<typeof fastWeights>, changes: Record<string, number[]> = {}) =>
  Object.fromEntries(
    Object.entries(initialise(model.parameters, 1)).map(([name, values]) => [
      name,
      tf.tensor(changes[name] ?? values, model.parameters[name].shape),
    ]),
  );
const close = (a: tf.Tensor, b: tf.Tensor, digits = 5) => {
  const other = b.dataSync();
  for (const [i, v] of a.dataSync().entries()) expect(v).toBeCloseTo(other[i], digits);
};

test('hebb with a gate wide open is Hebb\u2019s rule without its diagonal', () => {
  const model = fastWeights({ patternShape: [d], rule: 'hebb' });
  const x = bits(5);
  // The rate's gate at 0 is one half: x x' / d.
  const { W } = model.store(parameters(model, { keep: [40] }), x);
  const hebb = tf.mul(tf.div(tf.matMul(x, x, true, false), d), tf.sub(1, tf.eye(d)));
  close(W, hebb);
});

test('decay weighs every pattern by its age', () => {
  const model = fastWeights({ patternShape: [d], rule: 'hebb' });
  const x = bits(4);
  const keep = 1 / (1 + Math.exp(-2));
  const weights = tf.tensor(
    [3, 2, 1, 0].map((age) => keep ** age),
    [1, 4, 1],
  );
  const expected = tf.mul(tf.div(tf.matMul(tf.mul(x, weights), x, true, false), d), tf.sub(1, tf.eye(d)));
  close(model.store(parameters(model, { keep: [2] }), x).W, expected);
});

test('the delta rule, shown its patterns again and again, fits them: W x = x', () => {
  const model = fastWeights({ patternShape: [d], rule: 'delta' });
  const x = bits(6);
  const p = parameters(model);
  let state = model.store(p, x);
  for (let k = 0; k < 300; k++) state = model.add!(p, state, x);
  close(tf.matMul(x, state.W), x, 2);
});

test('adding one after the other is storing all at once; no momentum and no decay leave the delta rule', () => {
  const x = bits(6);
  for (const rule of ['hebb', 'delta', 'gated-delta', 'momentum'] as const) {
    const model = fastWeights({ patternShape: [d], rule });
    const p = parameters(model);
    const first = model.store(p, tf.slice(x, [0, 0], [1, 2]));
    close(model.add!(p, first, tf.slice(x, [0, 2])).W, model.store(p, x).W);
  }
  const delta = fastWeights({ patternShape: [d], rule: 'delta' });
  const still = fastWeights({ patternShape: [d], rule: 'momentum' });
  close(
    still.store(parameters(still, { keep: [40], momentum: [-40] }), x).W,
    delta.store(parameters(delta), x).W,
  );
});
