import { type EnergyNetwork, metaTrain, tf } from 'ebmm';

const d = 32;
const network: EnergyNetwork = {
  patternShape: [d],
  parameters: { w: { shape: [d, d], init: { normal: 0.02 }, writable: true } },
  // x: [episodes, patterns, d]; w, once written: [episodes, d, d]. Returns [episodes, patterns].
  energy: (p, x) => tf.sum(tf.sub(tf.mul(0.2, tf.square(x)), tf.mul(x, tf.tanh(tf.matMul(x, p.w)))), 2),
};

export const errors: number[] = [];
export const memory = await metaTrain({
  network,
  task: { name: 'binary', dimension: d },
  corruption: 'resample:12',
  training: { steps: 60, episodes: 8, patterns: 6, learning_rate: 0.01, warmup: 5 },
  onUpdate: ({ step, error }) => {
    errors.push(error);
    if (step % 20 === 0) console.log(`update ${step}: ${error.toFixed(2)} wrong bits a pattern`);
  },
});
