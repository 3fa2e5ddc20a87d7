/**
 * @file Copies of users' modules in a folder of their own: for each the tree of its files, and modules.json with the SHA-256 of every
 * file and the place that it came from, relative to the folder, so that moving both together changes nothing.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { z } from 'zod';
import { InputError } from '../errors.ts';
import { writeFileAtomically } from '../files.ts';
import { parseJson } from '../json.ts';
import type { ModuleSource } from './source.ts';

/** Name of the folder, in a run's, and of what is written beside the copies. */
export const MODULES = 'modules';
const MANIFEST = 'modules.json';

const manifestSchema = z.record(
  z.string(),
  z.object({
    /** The module's own file, of `files`. */
    entry: z.string(),
    /** The folder that the files came from, relative to the folder of copies. */
    from: z.string(),
    /** SHA-256 by path, relative to the folder `from` and to the copy. */
    files: z.record(z.string(), z.string()),
  }),
);

export type Manifest = z.output<typeof manifestSchema>;

const slashes = (path: string) => path.split(sep).join('/');
/** A path relative to a folder, written the same way on every system. */
export const relativeTo = (folder: string, path: string) => slashes(relative(folder, path)) || '.';

/**
 * Copies modules into FOLDER/modules/KIND, with a manifest. Those that lie there already stay.
 * @param sources by kind: "network"
 * @returns where the copies lie, absolute, by kind
 */
export async function copyModules(
  folder: string,
  sources: Readonly<Record<string, ModuleSource>>,
): Promise<Record<string, string>> {
  const home = join(folder, MODULES);
  const manifest: Manifest = readManifest(folder) ?? {};
  const places: Record<string, string> = {};
  let changed = false;
  for (const [kind, { files, root }] of Object.entries(sources)) {
    if (isInside(home, files[0].path)) {
      places[kind] = files[0].path;
      continue;
    }
    const names = files.map(({ path }) => slashes(relative(root, path)));
    for (const [i, name] of names.entries())
      await writeFileAtomically(join(home, kind, name), files[i].bytes);
    manifest[kind] = {
      entry: names[0],
      from: relativeTo(home, root),
      files: Object.fromEntries(names.map((name, i) => [name, files[i].sha256])),
    };
    places[kind] = join(home, kind, names[0]);
    changed = true;
  }
  if (changed) await writeFileAtomically(join(home, MANIFEST), `${JSON.stringify(manifest, null, 2)}\n`);
  return places;
}

/** What a folder's copies are of; undefined where it has none. @throws InputError where the manifest is damaged */
export function readManifest(folder: string): Manifest | undefined {
  const file = join(folder, MODULES, MANIFEST);
  if (!existsSync(file)) return undefined;
  const parsed = manifestSchema.safeParse(parseJson(readFileSync(file, 'utf8'), file));
  if (parsed.success) return parsed.data;
  throw new InputError(`${file}: damaged: ${parsed.error.issues[0].path.join('.')} is not as it was written`);
}

/** All files that a folder's copies consist of, relative to it. */
export const copiedFiles = (folder: string): string[] => {
  const manifest = readManifest(folder);
  if (!manifest) return [];
  const copies = Object.entries(manifest).flatMap(([kind, { files }]) =>
    Object.keys(files).map((name) => `${MODULES}/${kind}/${name}`),
  );
  return [...copies, `${MODULES}/${MANIFEST}`];
};

/**
 * What is no longer as it was, a line each: copies that are not what was copied, and originals that have changed since. An original
 * that is gone says nothing: the folder may have been moved.
 */
export function changesOf(folder: string): string[] {
  const lines: string[] = [];
  const home = join(folder, MODULES);
  for (const [kind, { entry, from, files }] of Object.entries(readManifest(folder) ?? {})) {
    const copy = join(home, kind, entry);
    const broken = Object.keys(files).find((name) => sumOf(join(home, kind, name)) !== files[name]);
    if (broken !== undefined) {
      lines.push(`${join(home, kind, broken)} is not what was copied when training began`);
      continue;
    }
    const origin = resolve(home, from);
    const changed = Object.keys(files).filter((name) => {
      const sum = sumOf(join(origin, name));
      return sum !== undefined && sum !== files[name];
    });
    if (changed.length > 0) {
      const which = changed.map((name) => join(origin, name)).join(', ');
      lines.push(
        `${which} ${changed.length === 1 ? 'has' : 'have'} changed since training began; going on with the run's own copy, ${copy}`,
      );
    }
  }
  return lines;
}

/** The folder that a copied module came from; undefined for a file that is no such copy. */
export function originOf(file: string): string | undefined {
  for (let at = dirname(resolve(file)); dirname(at) !== at; at = dirname(at)) {
    if (basename(at) !== MODULES || !existsSync(join(at, MANIFEST))) continue;
    const [kind] = slashes(relative(at, resolve(file))).split('/');
    const { from } = readManifest(dirname(at))?.[kind] ?? {};
    return from === undefined ? undefined : resolve(at, from);
  }
  return undefined;
}

function sumOf(path: string): string | undefined {
  try {
    return createHash('sha256').update(readFileSync(path)).digest('hex');
  } catch {
    return undefined;
  }
}

const isInside = (folder: string, path: string) => path.startsWith(folder + sep);
