import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { compiledEngine, type Engine, tfjsEngine } from '../../../src/compile/index.ts';
import { writableFloats } from '../../../src/energy/index.ts';
import { energyModel } from '../../../src/memory/energy-model.ts';
import { LearnedMemory } from '../../../src/memory/learned-memory.ts';
import { read } from '../../../src/memory/read.ts';
import { defaultRule, type Rule, ruleParameters } from '../../../src/memory/rule.ts';
import { write } from '../../../src/memory/write.ts';
import { noise, randomParameters, small } from '../energy/small.ts';

tf.enableProdMode();
beforeAll(async () => {
  await tf.setBackend('cpu');
});

const network = small['gated-recurrent'];
const d = network.patternShape[0];
const rule: Rule = {
  ...defaultRule,
  write: { ...defaultRule.write, steps: 2 },
  read: { ...defaultRule.read, steps: 3 },
};
const [episodes, count] = [2, 3];

const numbers = (t: tf.Tensor) => Array.from(t.dataSync());
function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>) {
  expect(actual.length).toBe(expected.length);
  for (let i = 0; i < expected.length; i++) expect(actual[i]).toBeCloseTo(expected[i], 4);
}

const parameters = (): Record<string, tf.Tensor> => ({
  ...randomParameters(network),
  ...Object.fromEntries(
    Object.entries(ruleParameters(rule, network)).map(([name, { shape }]) => [
      name,
      tf.sub(noise(shape, name), 2),
    ]),
  ),
});

function memoryOn(engine: Engine): LearnedMemory {
  const p = parameters();
  return new LearnedMemory({
    model: energyModel(network, rule),
    engine,
    parameters: Object.fromEntries(
      Object.entries(p).map(([name, t]) => [name, t.dataSync() as Float32Array]),
    ),
  });
}

const patterns = () => tf.clipByValue(noise([episodes, count, d], 'patterns'), -1, 1);
const queries = () => tf.clipByValue(noise([episodes, count + 1, d], 'queries'), -1, 1);
const known = () => tf.cast(tf.greater(noise([episodes, count + 1, d], 'known'), 0), 'float32');
const of = (t: tf.Tensor, episode: number) => tf.gather(t, episode) as tf.Tensor;

describe.each([
  ['compiled', async () => compiledEngine({ threads: 1 })],
  ['tfjs', () => tfjsEngine('cpu')],
] as const)('a memory on the %s engine', (_, makeEngine) => {
  test('counts its writable floats, and names its range', async () => {
    const memory = memoryOn(await makeEngine());
    expect(memory.floats).toBe(writableFloats(network));
    expect(memory.range).toEqual([-1, 1]);
    expect((await memory.store(of(patterns(), 0))).floats).toBe(memory.floats);
  });

  test('stores by writing and recalls by reading', async () => {
    const memory = memoryOn(await makeEngine());
    const p = parameters();
    for (const mask of [undefined, known()]) {
      const { iterates } = read(network, rule, write(network, rule, p, patterns()), queries(), mask);
      for (let e = 0; e < episodes; e++) {
        const stored = await memory.store(of(patterns(), e));
        const recall = await stored.recall(of(queries(), e), { known: mask && of(mask, e) });
        expect(recall.patterns.shape).toEqual([count + 1, d]);
        expect(recall.steps).toBe(3);
        expect(recall.energies).toBeUndefined();
        expectClose(numbers(recall.patterns), numbers(of(iterates[2], e)));
      }
    }
  });

  test('takes as many steps as asked, none being the query', async () => {
    const memory = memoryOn(await makeEngine());
    const stored = await memory.store(of(patterns(), 0));
    const written = write(network, rule, parameters(), tf.slice(patterns(), 0, 1));
    for (const steps of [1, 2, 5]) {
      const { iterates } = read(network, rule, written, tf.slice(queries(), 0, 1), undefined, steps);
      const recall = await stored.recall(of(queries(), 0), { steps });
      expect(recall.steps).toBe(steps);
      expectClose(numbers(recall.patterns), numbers(iterates[steps - 1]));
    }
    const none = await stored.recall(of(queries(), 0), { steps: 0 });
    expect(numbers(none.patterns)).toEqual(numbers(of(queries(), 0)));
  });

  test('traces the energy from the query to the last iterate', async () => {
    const memory = memoryOn(await makeEngine());
    const stored = await memory.store(of(patterns(), 0));
    const { energies, patterns: last } = await stored.recall(of(queries(), 0), { trace: true });
    expect(energies).toHaveLength(4);
    expectClose(energies![0], await stored.energy!(of(queries(), 0)));
    expectClose(energies![3], await stored.energy!(last));
    const second = await stored.recall(of(queries(), 0), { steps: 2 });
    expectClose(energies![2], await stored.energy!(second.patterns));
  });

  test('writes step by step, from the initial weights to what write returns', async () => {
    const memory = memoryOn(await makeEngine());
    const values = patterns().dataSync() as Float32Array;
    const steps = await memory.writing(values, episodes, count);
    expect(steps).toHaveLength(rule.write.steps + 1);
    const written = await memory.write(values, episodes, count);
    for (const [name, last] of Object.entries(written)) {
      expectClose(steps.at(-1)![name], last);
      const initial = numbers(parameters()[name]);
      expectClose(steps[0][name], [...initial, ...initial]);
    }
  });

  test('writes and reads several episodes as it does each', async () => {
    const memory = memoryOn(await makeEngine());
    const weights = await memory.write(patterns().dataSync() as Float32Array, episodes, count);
    const mask = known().dataSync() as Float32Array;
    const all = await memory.read(weights, queries().dataSync() as Float32Array, episodes, count + 1, {
      known: mask,
      trace: true,
    });
    expect(all.iterates).toHaveLength(3);
    expect(all.energies).toHaveLength(4);
    for (let e = 0; e < episodes; e++) {
      const stored = await memory.store(of(patterns(), e));
      const recall = await stored.recall(of(queries(), e), { known: of(known(), e), trace: true });
      const part = <T extends Float32Array>(list: T) =>
        list.slice((e * list.length) / episodes, ((e + 1) * list.length) / episodes);
      expectClose(part(all.iterates[2]), numbers(recall.patterns));
      for (const [k, energies] of recall.energies!.entries()) expectClose(part(all.energies[k]), energies);
    }
  });

  test('storing again changes nothing that was stored before', async () => {
    const memory = memoryOn(await makeEngine());
    const first = await memory.store(of(patterns(), 0));
    const before = numbers((await first.recall(of(queries(), 0))).patterns);
    await memory.store(of(patterns(), 1));
    expect(numbers((await first.recall(of(queries(), 0))).patterns)).toEqual(before);
  });
});
