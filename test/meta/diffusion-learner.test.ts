import { describe, expect, it } from 'vitest';
import { diffusionLearner } from '../../meta/diffusion-learner.ts';
import { scoreMlp } from '../../src/diffusion/index.ts';

const d = 3;
const network = scoreMlp({ patternShape: [d], noise: { start: 8, end: 0.5 } });
const patterns = new Float32Array([1, 1, 1, -1, -1, -1]);
const learner = (seed: number) => diffusionLearner({ network, patterns, batch: 4, seed, unit: 'bits' });

describe('diffusionLearner', () => {
  it('draws stored patterns with noise of one level in each quarter of the range, the same for the same update', () => {
    const { values } = learner(1).draw(7);
    const level = values.level as Float32Array;
    for (let b = 0; b < 4; b++) {
      // from 0.5 to 8 in four doublings
      expect(level[b]).toBeGreaterThanOrEqual(0.5 * 2 ** b - 1e-6);
      expect(level[b]).toBeLessThan(0.5 * 2 ** (b + 1) + 1e-6);
      const own = (values.patterns as Float32Array).slice(b * d, (b + 1) * d).join();
      expect(['1,1,1', '-1,-1,-1']).toContain(own);
    }
    expect(learner(1).draw(7).values).toEqual(values);
    expect(learner(1).draw(8).values.noisy).not.toEqual(values.noisy);
    expect(learner(2).draw(7).values.noisy).not.toEqual(values.noisy);
  });

  it('adds noise of that variance', () => {
    const wide = diffusionLearner({ network, patterns, batch: 4000, seed: 3 });
    const { values } = wide.draw(1);
    const [noisy, clean, level] = [values.noisy, values.patterns, values.level] as Float32Array[];
    let sum = 0;
    for (let i = 0; i < noisy.length; i++) sum += (noisy[i] - clean[i]) ** 2 / level[Math.floor(i / d)];
    expect(Math.abs(sum / noisy.length - 1)).toBeLessThan(5 * Math.sqrt(2 / noisy.length));
  });

  it('measures one denoising step in the unit of the task', () => {
    const draw = learner(1).draw(7);
    const denoised = (draw.values.patterns as Float32Array).map((v, i) => (i < 2 ? -v : v));
    expect(draw.measure({ denoised }).error).toBe(2 / 4);
  });
});
