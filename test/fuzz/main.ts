/**
 * @file `npm run fuzz`: random functions on every engine against tfjs. Prints every one that disagrees with its seed; exit status 1 if
 * there is one. `npm run fuzz -- smooth 17 1` runs one again.
 */
import { compiledEngines } from '../src/compile/engines.ts';
import { agreement } from './agreement.ts';
import { type Kind, kinds } from './kinds.ts';

const [only, from = '0', count] = process.argv.slice(2);
const counts: Record<Kind, number> = { rough: 1500, smooth: 600, energy: 500 };
if (only !== undefined && !Object.hasOwn(kinds, only)) {
  console.error(`"${only}": expected one of ${Object.keys(kinds).join(', ')}`);
  process.exit(2);
}
let bad = 0;
for (const kind of only ? [only as Kind] : (Object.keys(kinds) as Kind[])) {
  const started = performance.now();
  const total = { functions: 0, compared: 0, unstable: 0, bad: 0 };
  const end = Number(from) + Number(count ?? counts[kind]);
  for (let seed = Number(from); seed < end; seed++) {
    const { faults, compared, unstable } = await agreement(kinds[kind](seed), compiledEngines());
    total.functions++;
    total.compared += compared;
    total.unstable += unstable;
    if (faults.length > 0) {
      total.bad++;
      console.log(`${kind} ${seed}\n  ${faults.slice(0, 4).join('\n  ')}`);
    }
  }
  bad += total.bad;
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  console.log(`${kind}: ${total.functions} functions, ${total.compared} outputs compared, ${total.unstable} too badly conditioned to compare, ${total.bad} wrong, ${seconds} s`); // biome-ignore format: one line
}
process.exitCode = bad > 0 ? 1 : 0;
