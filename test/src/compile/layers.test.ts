/** @file What src/compile/README.md says of its folders: each imports only those before it. */
import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { expect, test } from 'vitest';
import { importsIn } from '../../imports.ts';

const page = readFileSync(new URL('../../../src/compile/README.md', import.meta.url), 'utf8');
const root = 'src/compile';
const imports = importsIn(root);

/** Folders from the one that imports none of the others on: those of the page's sentence, and within emit those of its table. */
const order = (() => {
  const [, sentence] = /\*\*What may import what\.\*\*.*?((?:`\w+`,\s+)+)the front\s+doors/s.exec(page) ?? [];
  const folders = [...(sentence ?? '').matchAll(/`(\w+)`/g)].map(([, name]) => `${root}/${name}`);
  const kernels = [...page.matchAll(/^\| \[(\w+)\]\(emit\//gm)].map(([, name]) => `${root}/emit/${name}`);
  return [...folders.flatMap((folder) => (folder === `${root}/emit` ? kernels : [folder])), root];
})();

test('every folder has a place in the order', () => {
  const folders = new Set([...imports.keys()].map((file) => dirname(file)));
  expect([...folders].sort()).toEqual([...order].sort());
});

test('a folder imports only those before it', () => {
  const rank = (path: string) => order.indexOf(dirname(path));
  const wrong = [...imports].flatMap(([file, paths]) =>
    paths.filter((path) => rank(path) > rank(file)).map((path) => `${file} imports ${path}`),
  );
  expect(wrong).toEqual([]);
});
