/** @file The floors of the project: a file imports only from its own or a lower one, and no two files import each other. */
import { expect, test } from 'vitest';
import { circlesOf, importsIn } from './imports.ts';

const floors = ['src', 'tasks', 'meta', 'runs', 'bench'];
const imports = new Map(floors.flatMap((floor) => [...importsIn(floor)]));
const floorOf = (path: string) => floors.indexOf(path.split('/')[0]);

test('a file imports only from its own floor or a lower one', () => {
  expect(imports.size).toBeGreaterThan(400);
  const wrong = [...imports].flatMap(([file, paths]) =>
    paths.filter((path) => floorOf(path) > floorOf(file)).map((path) => `${file} imports ${path}`),
  );
  expect(wrong).toEqual([]);
});

test('no file imports itself, through whatever others', () => {
  expect(circlesOf(imports)).toEqual([]);
});

/** What people and programs start or import: brings the folders of runs/ together. */
const together = ['index', 'cli', 'build'].map((name) => `runs/${name}.ts`);

test('a file on the floor of runs itself, which its folders share, imports none of them', () => {
  const inFolder = (path: string) => /^runs\/.*\//.test(path);
  const shared = [...imports.keys()].filter((file) => /^runs\/[^/]+$/.test(file) && !together.includes(file));
  expect(shared.length).toBeGreaterThan(50);
  const wrong = shared.flatMap((file) =>
    imports
      .get(file)!
      .filter(inFolder)
      .map((path) => `${file} imports ${path}`),
  );
  expect(wrong).toEqual([]);
});

// Files that lie on the floor itself, what all of its folders share and what brings them together, are no folder.
test('no folder of a floor imports itself, through whatever others', () => {
  const folderOf = (path: string) => path.split('/').slice(0, 2).join('/');
  const folders = new Map<string, string[]>();
  for (const [file, paths] of imports) {
    if (file.split('/').length < 3) continue;
    const own = folderOf(file);
    const others = paths.filter((path) => path.split('/').length > 2).map(folderOf);
    folders.set(own, [...(folders.get(own) ?? []), ...others.filter((other) => other !== own)]);
  }
  expect(folders.size).toBeGreaterThan(20);
  expect(circlesOf(folders)).toEqual([]);
});

test('a circle is found', () => {
  const files = new Map([
    ['a', ['b']],
    ['b', ['c', 'd']],
    ['c', []],
    ['d', ['b']],
  ]);
  expect(circlesOf(files)).toEqual(['b > d > b']);
});
