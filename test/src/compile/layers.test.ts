/** @file What src/compile/README.md says of its folders: each imports only those before it, and no two files import each other. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../../src/compile', import.meta.url));
const page = readFileSync(join(root, 'README.md'), 'utf8');
const within = (path: string) => relative(root, path).split(sep).join('/');

/** Every file with those that it imports, types too, by paths from src/compile. */
const imports = new Map(
  readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => {
      const file = join(root, name);
      const { importedFiles } = ts.preProcessFile(readFileSync(file, 'utf8'));
      const paths = importedFiles.map(({ fileName }) => fileName).filter((path) => path.startsWith('.'));
      return [within(file), paths.map((path) => within(join(dirname(file), path)))] as const;
    }),
);

/** Folders from the one that imports none of the others on: those of the page's sentence, and within emit its table. */
const order = (() => {
  const [, sentence] = /import each other\n.*?: ((?:`\w+`,\s+)+)the front doors/s.exec(page) ?? [];
  const folders = [...(sentence ?? '').matchAll(/`(\w+)`/g)].map(([, name]) => name);
  const kernels = [...page.matchAll(/^\| \[(\w+)\]\(emit\//gm)].map(([, name]) => `emit/${name}`);
  return folders.flatMap((folder) => (folder === 'emit' ? kernels : [folder]));
})();

const folderOf = (path: string) => (path.includes('/') ? dirname(path) : 'front door');

test('every folder has a place in the order', () => {
  const folders = new Set([...imports.keys()].map(folderOf));
  expect([...folders].sort()).toEqual([...order, 'front door'].sort());
});

test('a folder imports only those before it', () => {
  const rank = (path: string) => [...order, 'front door'].indexOf(folderOf(path));
  const wrong = [...imports].flatMap(([file, paths]) =>
    paths
      .filter((path) => !path.startsWith('..') && rank(path) > rank(file))
      .map((path) => `${file} imports ${path}`),
  );
  expect(wrong).toEqual([]);
});

test('no file imports itself, through whatever others', () => {
  const done = new Set<string>();
  const circles: string[] = [];
  const visit = (file: string, path: readonly string[]): void => {
    if (path.includes(file)) circles.push([...path.slice(path.indexOf(file)), file].join(' > '));
    if (done.has(file) || path.includes(file)) return;
    for (const next of imports.get(file) ?? []) visit(next, [...path, file]);
    done.add(file);
  };
  for (const file of imports.keys()) visit(file, []);
  expect(circles).toEqual([]);
});
