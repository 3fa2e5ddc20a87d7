/** @file Which documents there are, and what they look like with their tables made anew. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { InputError } from '../../src/errors.ts';
import { PUBLISHED } from '../published.ts';
import { filledIn } from './fill.ts';

/** README.md, BENCHMARKS.md and all of docs/. */
export const documents = (root: string): string[] => [
  ...['README.md', 'BENCHMARKS.md'].map((name) => join(root, name)),
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .sort()
    .map((name) => join(root, 'docs', name)),
];

/** @throws InputError where a table or a number names a file that is not there, or what is not in it */
export const filled = (root: string, text: string): string =>
  filledIn(text, (file) => {
    if (file === 'published') return { rows: PUBLISHED };
    if (!existsSync(join(root, file))) throw new InputError(`${file}: there is no such record`);
    const content = readFileSync(join(root, file), 'utf8');
    if (!file.endsWith('.jsonl')) return JSON.parse(content);
    return {
      rows: content
        .trim()
        .split('\n')
        .map((record) => JSON.parse(record)),
    };
  });
