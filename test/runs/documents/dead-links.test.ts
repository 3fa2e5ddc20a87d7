import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { deadLinks } from '../../../runs/documents/dead-links.ts';
import { folderOfFile } from '../command.ts';

const folder = folderOfFile();
const write = (name: string, text: string) => writeFileSync(join(folder, name), text);

test('links of a site are dead that lead to no file, to no place in one, or out of it', () => {
  mkdirSync(join(folder, 'a'));
  write(
    'index.html',
    '<h1 id="top">x</h1><a href="a/b.html#there">1</a><img src="a/c%20d.png"><a href="#top">2</a>',
  );
  write('a/c d.png', '');
  write(
    'a/b.html',
    '<p id="there"><a href="../index.html?x=1&amp;y=2#top">1</a><a href="https://example.org/x">2</a>' +
      '<a href="none.html">3</a><a href="../index.html#nowhere">4</a><a href="../../etc">5</a><a href="../a">6</a></p>',
  );
  expect(deadLinks(folder)).toEqual(
    ['none.html', '../index.html#nowhere', '../../etc', '../a'].map((to) => ({ from: 'a/b.html', to })),
  );
});
