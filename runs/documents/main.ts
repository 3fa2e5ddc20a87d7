/** @file `npm run results`: makes the tables of the documents and the cards of the pretrained memories anew; with `--check` only tells which are stale (exit status 1). */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { writeFileAtomically } from '../../src/files.ts';
import { cardFile } from '../card.ts';
import { findRun, pretrainedNames } from '../run-folder.ts';
import { documents, filled } from './stale.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const check = process.argv.includes('--check');
const made = documents(root).map((path): [string, string] => [
  path,
  filled(root, readFileSync(path, 'utf8')),
]);
for (const name of await pretrainedNames()) {
  const { file, text } = await cardFile(await findRun(name));
  made.push([file, text]);
}
for (const [path, now] of made) {
  if (existsSync(path) && readFileSync(path, 'utf8') === now) continue;
  const name = path.slice(root.length);
  if (check) {
    console.error(`${name}: is stale, expected npm run results`);
    process.exitCode = 1;
  } else {
    await writeFileAtomically(path, now);
    console.error(`${name}: written`);
  }
}
