/**
 * @file A process that takes a lease again and again and, holding it, adds a line to a file beside it in two steps; or one
 * that holds it and computes, and prints when it was renewed.
 */
import { appendFileSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { takeLease } from '../../runs/lease.ts';

const [path, rounds] = process.argv.slice(2);
const sums = join(path, '..', 'sums');
if (rounds === 'busy') {
  await takeLease(path, { every: 0.05 });
  const renewed = () => JSON.parse(readFileSync(join(path, readdirSync(path)[0]), 'utf8')).renewed;
  await setTimeout(300);
  console.log(renewed());
  for (const until = performance.now() + 500; performance.now() < until; );
  console.log(renewed());
}
for (let done = 0; done < Number(rounds); ) {
  const lease = await takeLease(path, { every: 0.1, dead: 2 });
  if ('heldBy' in lease) {
    await setTimeout(Math.floor(Number(process.hrtime.bigint() % 7n)));
    continue;
  }
  const lines = readFileSync(sums, 'utf8').split('\n').length;
  await setTimeout(1);
  lease.check();
  appendFileSync(sums, `${lines}\n`);
  lease.release();
  done++;
}
