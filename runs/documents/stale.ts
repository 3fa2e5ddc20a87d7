/** @file Which documents there are, and what they look like with their tables made anew. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
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

/** @throws Error where a file that a table names cannot be read */
export const filled = (root: string, text: string): string =>
  filledIn(text, (file) =>
    file === 'published' ? { rows: PUBLISHED } : JSON.parse(readFileSync(join(root, file), 'utf8')),
  );
