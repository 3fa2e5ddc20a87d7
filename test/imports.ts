/** @file Which files of the project import which: for tests of its structure. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = fileURLToPath(new URL('../', import.meta.url));

/**
 * Every TypeScript file of a folder with those that it imports, types too, by paths from the root of the project. What is imported only
 * when it is asked for (`import()`) is left out.
 */
export function importsIn(folder: string): Map<string, readonly string[]> {
  const names = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' });
  const files = names
    .map((name) => `${folder}/${name.split(sep).join('/')}`)
    .filter((name) => /\.tsx?$/.test(name) && !/\/(out|pretrained|node_modules)\//.test(name));
  return new Map(files.map((file) => [file, importsOf(file)]));
}

function importsOf(file: string): string[] {
  const text = readFileSync(join(root, file), 'utf8');
  return ts
    .preProcessFile(text)
    .importedFiles.filter(({ fileName, pos }) => fileName.startsWith('.') && !/import\(\s*['"]?$/.test(text.slice(0, pos))) // biome-ignore format: one thought
    .map(({ fileName }) => posix.join(dirname(file), fileName));
}

/** Circles of files that import each other, each as a path that ends where it begins. */
export function circlesOf(imports: ReadonlyMap<string, readonly string[]>): string[] {
  const done = new Set<string>();
  const circles: string[] = [];
  const visit = (file: string, path: readonly string[]): void => {
    if (path.includes(file)) circles.push([...path.slice(path.indexOf(file)), file].join(' > '));
    if (done.has(file) || path.includes(file)) return;
    for (const next of imports.get(file) ?? []) visit(next, [...path, file]);
    done.add(file);
  };
  for (const file of imports.keys()) visit(file, []);
  return circles;
}
