/** @file `npm run results`: makes the tables of the documents anew; with `--check` only tells which are stale (exit status 1). */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { writeFileAtomically } from '../../src/files.ts';
import { documents, filled } from './stale.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const check = process.argv.includes('--check');
for (const path of documents(root)) {
  const text = readFileSync(path, 'utf8');
  const now = filled(root, text);
  if (now === text) continue;
  const name = path.slice(root.length);
  if (check) {
    console.error(`${name}: has a stale table, expected npm run results`);
    process.exitCode = 1;
  } else {
    await writeFileAtomically(path, now);
    console.error(`${name}: written`);
  }
}
