/**
 * @file Paths in a configuration. In a file they may be relative to the folder of that file, which a run's config.json makes of all of
 * them: a run tells nobody where its user's home lies, and can be moved together with what it names. In memory they are absolute.
 */
import { existsSync } from 'node:fs';
import { isAbsolute, relative, resolve, sep } from 'node:path';
import { pathAndArray } from '../tasks/files/paths.ts';

type Part = Record<string, unknown>;

/** Parts of a configuration that may name a module. */
export const moduleKinds = ['network', 'task', 'corruption', 'loss'] as const;

const isPart = (value: unknown): value is Part =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Whether a part of a configuration names a module. */
export const namesModule = (value: unknown): value is Part & { file: string } =>
  isPart(value) && typeof value.file === 'string' && (value.name === undefined || value.name === 'custom');

/** The modules that a configuration names, of whatever else it consists. */
export function moduleFiles(config: unknown): { kind: (typeof moduleKinds)[number]; file: string }[] {
  if (!isPart(config)) return [];
  return moduleKinds.flatMap((kind) => {
    const part = config[kind];
    return namesModule(part) ? [{ kind, file: part.file }] : [];
  });
}

/** The configuration with every path in it changed. */
function withPaths<C>(config: C, change: (path: string) => string): C {
  if (!isPart(config)) return config;
  const result: Part = { ...config };
  for (const kind of moduleKinds) {
    const part = result[kind];
    if (namesModule(part)) result[kind] = { ...part, file: change(part.file) };
  }
  const { task } = result;
  if (isPart(task) && task.name === 'files') {
    const lists = ['train', 'validation', 'test'].flatMap((split) => {
      const paths = task[split];
      return Array.isArray(paths)
        ? [[split, paths.map((path) => (typeof path === 'string' ? change(path) : path))]]
        : [];
    });
    result.task = { ...task, ...Object.fromEntries(lists) };
  }
  return result as C;
}

/** Paths of a configuration file in `folder`, absolute where something lies there; others are for later to find. */
export const anchored = <C>(config: C, folder: string): C =>
  withPaths(config, (path) => {
    const there = resolve(folder, path);
    return !isAbsolute(path) && existsSync(pathAndArray(there)[0]) ? there : path;
  });

/** Absolute paths made relative to `folder`, for a configuration file in it. */
export const portable = <C>(config: C, folder: string): C =>
  withPaths(config, (path) => (isAbsolute(path) ? relative(folder, path).split(sep).join('/') : path));

/** The configuration with other modules, by kind. */
export function withModules<C>(config: C, files: Readonly<Record<string, string>>): C {
  const result: Part = { ...(config as Part) };
  for (const [kind, file] of Object.entries(files)) result[kind] = { ...(result[kind] as Part), file };
  return result as C;
}
