import { tensor } from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import { diffusionMemory } from '../../../src/diffusion/memory.ts';
import { InputError } from '../../../src/errors.ts';
import { episode, meanErrors } from '../hopfield/episode.ts';

const float = (x: ArrayLike<number>) => Float32Array.from(x);

describe.each(['replacement', 'erasure', 'conditioning'] as const)(
  'diffusionMemory, completion by %s',
  (completion) => {
    it.each(['sde', 'ode', 'denoise'] as const)(
      '%s completes half of 100 patterns of 128 bits',
      async (method) => {
        const { patterns, queries, known, count, d } = episode(1, 100, 128, 64);
        const stored = await diffusionMemory({ method, completion }).store(
          tensor(float(patterns), [count, d]),
        );
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
  },
);

describe('diffusionMemory', () => {
  it.each(['sde', 'ode', 'denoise'] as const)(
    'completion by erasure, %s: what is not known of the query changes nothing; without known entries all of it counts',
    async (method) => {
      const { patterns, queries, known, count, d } = episode(2, 20, 128, 120);
      const stored = await diffusionMemory({ method, completion: 'erasure' }).store(
        tensor(float(patterns), [count, d]),
      );
      const recall = async (values: Float32Array, mask?: ArrayLike<number>) => {
        const options = mask ? { known: tensor(float(mask), [count, d]) } : {};
        return (await stored.recall(tensor(values, [count, d]), options)).patterns.data();
      };
      const opposite = float(queries).map((value, i) => (known[i] ? value : -value));
      expect(await recall(opposite, known)).toEqual(await recall(float(queries), known));
      const all = (await recall(opposite)).map(Math.sign);
      expect(meanErrors(all, patterns, count)).toBeGreaterThan(1);
    },
  );

  it('a query whose unknown half is one pattern and whose known half another: erasure goes by the known half', async () => {
    const d = 64;
    const { patterns } = episode(3, 2, d, 0);
    const known = float(patterns.subarray(0, d)).map((_, i) => Number(i < d / 2));
    const query = known.map((k, i) => (k ? patterns[i] : patterns[d + i]));
    const recalled = async (completion: 'erasure' | 'conditioning') => {
      const memory = diffusionMemory({ method: 'denoise', completion, start: 30 });
      const stored = await memory.store(tensor(float(patterns), [2, d]));
      const result = await stored.recall(tensor(query, [1, d]), { known: tensor(known, [1, d]) });
      return Array.from(await result.patterns.data(), Math.sign);
    };
    expect(await recalled('erasure')).toEqual(Array.from(patterns.subarray(0, d)));
    expect(await recalled('erasure')).toEqual(await recalled('conditioning'));
  });

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
      'diffusion: method is "euler", expected one of sde, ode, denoise',
    );
    expect(() => diffusionMemory({ start: 0.1, end: 0.2 })).toThrow(InputError);
    expect(() => diffusionMemory({ floats: 0 })).toThrow(InputError);
    const stored = await diffusionMemory().store(tensor([[1, -1]]));
    await expect(stored.recall(tensor([[1, 1, 1]]))).rejects.toThrow(InputError);
    await expect(stored.recall(tensor([[1, 1]]), { steps: 0 })).rejects.toThrow(InputError);
  });
});
