/**
 * @file `npm run results`: makes the tables of the documents and the cards of the pretrained memories anew; with `--check` only tells which
 * are stale (exit status 1), with `--pictures` it also draws the charts of results and pretrained memories again.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { InputError } from '../../src/errors.ts';
import { writeFileAtomically } from '../../src/files.ts';
import { cardFile } from '../card.ts';
import { findRun, pretrainedNames } from '../run-folder.ts';
import { chartsOf, chartsOfMemory, placeOf } from './pictures.ts';
import { documents, filled } from './stale.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const check = process.argv.includes('--check');
const made: [string, string][] = [];
for (const path of documents(root)) {
  try {
    made.push([path, filled(root, readFileSync(path, 'utf8'))]);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    console.error(`${path.slice(root.length)}: ${error.message}`);
    process.exitCode = 1;
  }
}
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

if (process.argv.includes('--pictures')) {
  const results = join(root, 'runs/results');
  for (const name of readdirSync(results, { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.json')) continue;
    const file = join(results, name);
    for (const [suffix, draw] of chartsOf(file, JSON.parse(readFileSync(file, 'utf8'))) ?? []) {
      const place = placeOf(file, suffix);
      // Documents show some of the charts only.
      if (existsSync(place) || !name.startsWith('universal')) await writeFileAtomically(place, draw());
    }
  }
  for (const name of await pretrainedNames()) {
    const folder = join(root, 'runs/pretrained', name);
    if (!existsSync(join(folder, 'evaluation.json'))) continue;
    const evaluation = JSON.parse(readFileSync(join(folder, 'evaluation.json'), 'utf8'));
    for (const [chart, draw] of chartsOfMemory(name, evaluation)) {
      const place = join(folder, 'plots', chart);
      if (existsSync(place)) await writeFileAtomically(place, draw());
    }
  }
}
