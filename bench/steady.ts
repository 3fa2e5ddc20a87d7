/** @file Whether memory stays flat over many store-and-recall calls: `npm run steady -- [CALLS]`; exits with 1 if it grows. */
import { compiledEngine, defaultRule, energyModel, LearnedMemory, networks, tf } from '../runs/index.ts';
import { initialise } from '../src/energy/index.ts';
import { stream } from '../src/random.ts';

/** Growth that is allowed after the first tenth, in bytes: what a heap may hold before it is collected. */
const ALLOWED = 20_000_000;

const calls = Number(process.argv[2] ?? 10_000);
const d = 64;
const patterns = 8;
const model = energyModel(networks['hopfield-site']({ patternShape: [d], width: 4 }), {
  ...defaultRule,
  write: { ...defaultRule.write, steps: 2 },
  read: { ...defaultRule.read, steps: 2 },
});
const memory = new LearnedMemory({
  model,
  engine: compiledEngine({ threads: 1 }),
  parameters: initialise(model.parameters, 1),
});
const random = stream('steady');

const measure = () => {
  (globalThis as { gc?: () => void }).gc?.();
  const { rss, heapUsed, external, arrayBuffers } = process.memoryUsage();
  return { tensors: tf.memory().numTensors, rss, heap: heapUsed, external: external + arrayBuffers };
};

const seen: ReturnType<typeof measure>[] = [];
console.log('calls  tensors  resident MB  heap MB  external MB');
for (let call = 1; call <= calls; call++) {
  const x = tf.tensor(
    Float32Array.from({ length: patterns * d }, () => 2 * random.bit() - 1),
    [patterns, d],
  );
  const stored = await memory.store(x);
  const { patterns: recalled } = await stored.recall(x);
  recalled.dispose();
  stored.dispose?.();
  x.dispose();
  if (call % Math.ceil(calls / 10) === 0) {
    const m = measure();
    seen.push(m);
    const mb = (bytes: number) => (bytes / 1e6).toFixed(1);
    console.log([call, m.tensors, mb(m.rss), mb(m.heap), mb(m.external)].join('  '));
  }
}
const [first, last] = [seen[0], seen.at(-1)!];
const grown = (['rss', 'heap', 'external'] as const).filter((key) => last[key] - first[key] > ALLOWED);
if (last.tensors !== first.tensors) grown.push('tensors' as never);
console.log(grown.length > 0 ? `grew: ${grown.join(', ')}` : 'flat');
process.exitCode = grown.length > 0 ? 1 : 0;
