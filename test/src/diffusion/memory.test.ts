import { tensor } from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import { diffusionMemory } from '../../../src/diffusion/memory.ts';
import { InputError } from '../../../src/errors.ts';
import { episode, meanErrors } from '../hopfield/episode.ts';

const float = (x: ArrayLike<number>) => Float32Array.from(x);

describe.each(['replacement', 'conditioning'] as const)('diffusionMemory, completion by %s', (completion) => {
  it.each(['sde', 'ode', 'denoise'] as const)(
    '%s completes half of 100 patterns of 128 bits',
    async (method) => {
      const { patterns, queries, known, count, d } = episode(1, 100, 128, 64);
      const stored = await diffusionMemory({ method, completion }).store(tensor(float(patterns), [count, d]));
      const result = await stored.recall(tensor(float(queries), [count, d]), {
        known: tensor(known, [count, d]),
      });
      const found = await result.patterns.data();
      expect(meanErrors(float(found).map(Math.sign), patterns, count)).toBe(0);
      for (let i = 0; i < known.length; i++) if (known[i]) expect(found[i]).toBe(queries[i]);
      expect(result.energies!.length).toBe(result.steps + 1);
      expect(result.energies!.every((own) => own.length === count)).toBe(true);
    },
  );
});

describe('diffusionMemory', () => {
  it('exact conditioning answers also where everything is known', async () => {
    const x = tensor([[1, -1]]);
    const stored = await diffusionMemory({ completion: 'conditioning' }).store(x);
    const { patterns } = await stored.recall(tensor([[-1, -1]]), { known: tensor([[1, 1]]) });
    expect(Array.from(await patterns.data())).toEqual([-1, -1]);
  });

  it('its energy is near zero at a stored pattern and half the squared distance near one, at little noise', async () => {
    const stored = await diffusionMemory({ end: 1e-4 }).store(
      tensor([
        [1, 1, 1, 1],
        [-1, -1, 1, -1],
      ]),
    );
    const energies = await stored.energy!(
      tensor([
        [1, 1, 1, 1],
        [1, 1, 1, 0.5],
      ]),
    );
    expect(energies[0]).toBeCloseTo(0, 3);
    expect(energies[1]).toBeCloseTo(0.125, 3);
  });

  it('rejects options it cannot use', async () => {
    expect(() => diffusionMemory({ method: 'euler' as 'ode' })).toThrow(
      'diffusion: method "euler", expected one of sde, ode, denoise',
    );
    expect(() => diffusionMemory({ start: 0.1, end: 0.2 })).toThrow(InputError);
    expect(() => diffusionMemory({ floats: 0 })).toThrow(InputError);
    const stored = await diffusionMemory().store(tensor([[1, -1]]));
    await expect(stored.recall(tensor([[1, 1, 1]]))).rejects.toThrow(InputError);
    await expect(stored.recall(tensor([[1, 1]]), { steps: 0 })).rejects.toThrow(InputError);
  });
});
