/** @file The pages of the project that people read, and what stands in their fenced blocks. */
import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { documents } from '../../../runs/documents/stale.ts';

export const root = fileURLToPath(new URL('../../../', import.meta.url));

export interface Page {
  /** Its path from the root. */
  name: string;
  text: string;
}

export const pages: readonly Page[] = [
  ...documents(root),
  ...['CONTRIBUTING.md', 'CHANGELOG.md', 'meta/CONFIG.md', 'src/compile/README.md'].map((name) =>
    join(root, name),
  ),
].map((path) => ({ name: relative(root, path), text: readFileSync(path, 'utf8') }));

/** Fenced blocks with the language they name, '' for none. */
export const blocksOf = ({ text }: Page): { language: string; text: string }[] =>
  [...text.matchAll(/^[ \t]*```(\w*)\n([\s\S]*?)^[ \t]*```[ \t]*$/gm)].map(([, language, block]) => ({
    language,
    text: block,
  }));

/** Lines of shell: those of blocks without a language, and what stands in backquotes; continued lines are one. */
export function shellLines(page: Page): string[] {
  const blocks = blocksOf(page).filter(
    ({ language }) => language === '' || language === 'bash' || language === 'sh',
  );
  const fenced = blocks.flatMap(({ text }) => text.replaceAll(/\\\n\s*/g, ' ').split('\n'));
  const prose = page.text.replaceAll(/^[ \t]*```[\s\S]*?^[ \t]*```[ \t]*$/gm, '');
  const inline = [...prose.matchAll(/`([^`]+)`/g)].map(([, code]) => code.replaceAll(/\s+/g, ' '));
  return [...fenced, ...inline].map((line) => line.trim());
}

/** The words of a line of shell: quotes group, ` #` begins a comment, an operator ends the command. */
export function wordsOf(line: string): string[] {
  const words: string[] = [];
  for (const [word] of line.matchAll(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g)) {
    if (word.startsWith('#') || ['&&', '||', '|', ';', '>'].includes(word)) break;
    words.push(word.replaceAll(/'([^']*)'|"([^"]*)"/g, (_, single, double) => single ?? double));
  }
  return words;
}
