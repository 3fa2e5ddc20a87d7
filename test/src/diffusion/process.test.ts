import { describe, expect, it } from 'vitest';
import {
  inverseTemperature,
  ladder,
  relativeVariance,
  varianceExploding,
  variancePreserving,
} from '../../../src/diffusion/process.ts';
import { InputError } from '../../../src/errors.ts';

describe.each([varianceExploding({ sigma: 2 }), variancePreserving({ rate: 0.7 })])('$name', (process) => {
  it("scale and variance obey the equations of the forward process: a' = f a, v' = 2 f v + g^2", () => {
    const h = 1e-6;
    for (const time of [0.2, 1, 3]) {
      const { scale, variance } = process.at(time);
      const [before, after] = [process.at(time - h), process.at(time + h)];
      expect((after.scale - before.scale) / (2 * h)).toBeCloseTo(process.drift(time) * scale, 6);
      expect((after.variance - before.variance) / (2 * h)).toBeCloseTo(
        2 * process.drift(time) * variance + process.diffusion(time),
        6,
      );
    }
  });

  it('timeOf finds the time of a relative variance', () => {
    for (const relative of [0, 1e-4, 0.5, 30]) {
      expect(relativeVariance(process.at(process.timeOf(relative)))).toBeCloseTo(relative, 9);
    }
  });
});

describe('variancePreserving', () => {
  it('keeps a^2 + v = 1, so beta = a / (1 - a^2)', () => {
    const noise = variancePreserving().at(0.8);
    expect(noise.scale ** 2 + noise.variance).toBeCloseTo(1, 12);
    expect(inverseTemperature(noise)).toBeCloseTo(noise.scale / (1 - noise.scale ** 2), 12);
  });
});

describe('ladder', () => {
  it('falls from start to end in equal ratios, beta growing', () => {
    const levels = ladder(variancePreserving(), 4, 0.04, 5).map(relativeVariance);
    expect(levels[0]).toBeCloseTo(4, 9);
    expect(levels[4]).toBeCloseTo(0.04, 9);
    for (let k = 1; k < 5; k++) expect(levels[k] / levels[k - 1]).toBeCloseTo(0.01 ** 0.25, 9);
  });

  it('refuses noise that rises or vanishes', () => {
    expect(() => ladder(varianceExploding(), 1, 2, 3)).toThrow(InputError);
    expect(() => ladder(varianceExploding(), 1, 0, 3)).toThrow(InputError);
  });
});
