/** @file What a worker answers: a table from question to the project's own functions. Knows nothing of browsers. */
import { fromRange, toRange } from '../../../../meta/units.ts';
import type { Engine } from '../../../../src/compile/program/engine.ts';
import { InputError } from '../../../../src/errors.ts';
import { stream } from '../../../../src/random.ts';
import { parseCorruption } from '../../../../tasks/index.ts';
import type { Turn } from './channel.ts';
import { basinMaps, energyMaps } from './maps.ts';
import { type OpenMemory, openMemory } from './model.ts';
import type { Calls, MemoryFiles, Streams, Trace, Written } from './protocol.ts';
import { errorsAgainstLoad, recallByRivals } from './rivals.ts';
import { Training } from './training.ts';

type Handlers = { [M in keyof Calls]: (q: Parameters<Calls[M]>[0], turn: Turn) => unknown } & {
  [M in keyof Streams]: (q: Parameters<Streams[M]>[0], turn: Turn) => AsyncIterable<ReturnType<Streams[M]>>;
};

/** `engine` is made when the first question comes that needs it. */
export function lab(engine: () => Promise<Engine>): Handlers {
  let ready: Promise<Engine> | undefined;
  const engineOnce = () => {
    ready ??= engine();
    return ready;
  };
  const open = new Map<string, OpenMemory>();
  let training: Training | undefined;
  const find = (id: string): OpenMemory => {
    const found = open.get(id);
    if (!found) throw new Error(`memory ${id} is not open`);
    return found;
  };
  return {
    async open(files: MemoryFiles) {
      const made = await openMemory(files, await engineOnce());
      open.set(files.id, made);
      return made.info;
    },

    async store({ memory: id, patterns, count, seed }): Promise<Written> {
      const { memory, info } = find(id);
      const started = performance.now();
      const inside = toRange(patterns, memory.range);
      const states = await memory.writing(inside, 1, count);
      const milliseconds = performance.now() - started;
      if (!info.hasEnergy) return { states, stored: [], spoilt: [], milliseconds };
      const spoilt = toRange(spoil(info, patterns, count, seed), memory.range);
      const both = new Float32Array(2 * inside.length);
      both.set(inside);
      both.set(spoilt, inside.length);
      const energies: Float32Array[] = [];
      for (const state of states) energies.push(await memory.energies(state, both, 1, 2 * count));
      return {
        states,
        stored: energies.map((e) => e.slice(0, count)),
        spoilt: energies.map((e) => e.slice(count)),
        milliseconds,
      };
    },

    async recall({ memory: id, state, query, known, steps }): Promise<Trace> {
      const { memory } = find(id);
      const started = performance.now();
      const asked = toRange(query, memory.range);
      const { iterates, energies } = await memory.read(state, asked, 1, 1, { known, steps, trace: true });
      return {
        iterates: [query, ...iterates.map((x) => fromRange(x, memory.range))],
        energies: energies.map((e) => e[0]),
        milliseconds: performance.now() - started,
      };
    },

    compare: (q) => recallByRivals(q),

    trained({ id }) {
      if (!training) throw new InputError('nothing has been trained yet');
      return training.trained(id);
    },

    energies: (q, turn) => energyMaps(find(q.memory).memory, q, turn),
    basins: (q, turn) => basinMaps(find(q.memory).memory, q, turn),
    errors: (q, turn) => errorsAgainstLoad(find(q.memory), q, turn),

    async *train({ config }, turn) {
      training = new Training(await engineOnce());
      yield* training.run(config, turn);
    },
  };
}

/** Every pattern corrupted as the memory was trained. */
function spoil(
  { corruption, patternShape }: Pick<OpenMemory['info'], 'corruption' | 'patternShape'>,
  patterns: Float32Array,
  count: number,
  seed: number,
): Float32Array {
  const d = patterns.length / count;
  const { apply } = parseCorruption(corruption, { patternShape, bitsPerValue: 1 });
  const spoilt = patterns.slice();
  const known = new Float32Array(d);
  const random = stream(seed, 'explorer', 'writing');
  for (let n = 0; n < count; n++) apply(spoilt.subarray(n * d, (n + 1) * d), known.fill(1), random);
  return spoilt;
}
