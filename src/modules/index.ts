/** @file Modules of users: read, checked, run. The parts of a configuration that name one say so by `file`. */
import { InputError } from '../errors.ts';
import { originOf } from './copies.ts';
import { runSource } from './load.ts';
import { type CheckedOptions, checkOptions, type Options } from './options.ts';
import { readSource } from './source.ts';

export {
  changesOf,
  copiedFiles,
  copyModules,
  type Manifest,
  MODULES,
  readManifest,
  relativeTo,
} from './copies.ts';
export { provideLibrary } from './load.ts';
export type { CheckedOptions, Options, OptionsSchema } from './options.ts';
export { isModulePath, type ModuleSource, readSource } from './source.ts';

/** Parts of a configuration that a module may stand for. */
export type ModuleKind = 'network' | 'task' | 'corruption' | 'loss';

export interface LoadedModule extends CheckedOptions {
  /** What it exports as default, or under the name of its kind. */
  exported: unknown;
}

/**
 * Runs a module and checks its options by the schema that it exports as `options`.
 * @throws InputError for a file that cannot be read or run, has no such export, or refuses the options
 */
export async function loadModule(kind: ModuleKind, file: string, options: Options): Promise<LoadedModule> {
  const origin = originOf(file);
  const source = await readSource(file, `${kind}.file`);
  const module = await runSource(source, origin === undefined ? [] : [origin]);
  const exported = module.default ?? module[kind];
  if (!exported) throw new InputError(`${file}: has neither a default export nor an export "${kind}"`);
  return { exported, ...(await checkOptions(module.options, options, kind, file)) };
}

/**
 * What a module's function makes of `given`.
 * @throws InputError, one line, where it throws anything
 */
export async function made<T>(
  { exported }: Pick<LoadedModule, 'exported'>,
  given: object,
  file: string,
): Promise<T> {
  if (typeof exported !== 'function') return exported as T;
  try {
    return (await exported(given)) as T;
  } catch (error) {
    const what = String((error as Error)?.message ?? error).split('\n')[0];
    throw new InputError(`${file}: its function of { ${Object.keys(given).join(', ')} } failed: ${what}`, {
      cause: error,
    });
  }
}
