/**
 * @file What comparing images costs, for every similarity: `npx tsx bench/universal.ts [IMAGES] [VALUES]`, default 1,000
 * stored images of 3,072 values and as many queries. Seconds of processor time, one thread; memory beyond the vectors.
 */
import { stream } from '../src/random.ts';
import { compare, similarityNames } from '../src/universal/index.ts';

const [images, values] = [Number(process.argv[2] ?? 1000), Number(process.argv[3] ?? 3072)];
/** Queries at a time. */
const STRIP = 100;

const random = stream('bench', 'universal');
const draw = () => Float32Array.from({ length: images * values }, () => random.uniform());
const [memories, queries] = [draw(), draw()];
const before = process.memoryUsage().rss;
let total = 0;
console.log(`${images} stored, ${images} queries, ${values} values: similarity, s, ns a pair of entries`);
for (const name of similarityNames) {
  const { user, system } = process.cpuUsage();
  const comparison = compare(name, memories, images, values);
  for (let q = 0; q < images; q += STRIP) {
    comparison.scores(queries.subarray(q * values, Math.min(images, q + STRIP) * values));
  }
  const used = process.cpuUsage();
  const seconds = (used.user - user + used.system - system) / 1e6;
  total += seconds;
  console.log(`${name}  ${seconds.toFixed(2)}  ${((1e9 * seconds) / (images * images * values)).toFixed(2)}`);
}
const most = process.resourceUsage().maxRSS * 1024 - before;
console.log(`all  ${total.toFixed(1)} s, at most ${(most / 1e6).toFixed(0)} MB beyond the vectors`);
