/** @file `npm run explorer:build` and `npm run explorer`: builds the page; serves it on loopback. */
import { buildExplorer, EXPLORER } from './build.ts';
import { serve } from './serve.ts';

await buildExplorer();
if (process.argv.includes('--build')) console.log(EXPLORER);
else {
  const { address } = await serve([EXPLORER]);
  console.log(`${address}  (ctrl-C ends)`);
}
