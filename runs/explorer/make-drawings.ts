/**
 * @file Makes page/assets/drawings.bin: Omniglot drawings (Lake, Salakhutdinov and Tenenbaum 2015, MIT licence) of alphabets
 * that no memory here was trained on, packed as bits. `npx tsx runs/explorer/make-drawings.ts DATA_DIR`
 */
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { loadTask } from '../../tasks/index.ts';
import { packBits } from './page/lab/bits.ts';

const COUNT = 96;
const out = fileURLToPath(new URL('./page/assets/drawings.bin', import.meta.url));
const task = await loadTask({ name: 'omniglot' }, { directory: process.argv[2], cache: '' });
await writeFile(out, packBits(task.patterns('test', 1, 0, COUNT)));
console.log(`${COUNT} drawings in ${out}`);
