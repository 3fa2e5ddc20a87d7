/** @file `npm run accuracy`: every elementary function on every engine; exit status 1 where one is off by more than is allowed. */
import { compiledEngines } from '../src/compile/engines.ts';
import { BOUND, elementary, exceptions, worst } from './accuracy.ts';

const COUNT = 100_000;

for (const [target, engine] of compiledEngines()) {
  for (const name of Object.keys(elementary)) {
    const { bound = BOUND, from } = exceptions[target]?.[name] ?? {};
    const { units, at, given } = await worst(engine, name, COUNT, from);
    const bad = !(units <= bound);
    if (bad) process.exitCode = 1;
    console.log(`${target.padEnd(12)} ${name.padEnd(10)} ${units.toFixed(2).padStart(6)} at ${at}${bad ? `, which gives ${given}` : ''}`); // biome-ignore format: one line
  }
  await engine.dispose();
}
