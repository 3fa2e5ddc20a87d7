/**
 * @file Whose JavaScript is run: a configuration may name modules, and a run folder may come from anywhere. Modules of a run are
 * executed when this user made the run on this machine, which a seal in its config.json shows: a keyed hash (HMAC-SHA-256) over
 * the configuration and the contents of every module with all that it imports by relative path, with a key that is kept among
 * the user's settings; or when the user says so.
 */
import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { anchored, moduleFiles } from '../meta/config-paths.ts';
import { InputError } from '../src/errors.ts';
import { homeOf } from '../src/home.ts';
import {
  changesOf,
  copyModules,
  type ModuleSource,
  provideLibrary,
  readSource,
} from '../src/modules/index.ts';
import { modulesAllowed, remarkOnce } from './permission.ts';

// What `import ... from 'ebmm'` means in a module.
provideLibrary(() => import('./index.ts'));

export { allowModules, modulesAllowed } from './permission.ts';

/** Files of JavaScript or TypeScript that a configuration names. */
export const modulesOf = (config: unknown): string[] => moduleFiles(config).map(({ file }) => file);

/** SHA-256 of a module with all that it imports by relative path. */
export async function moduleSum(file: string): Promise<string> {
  const { files } = await readSource(file, 'a module');
  return createHash('sha256')
    .update(files.map(({ sha256 }) => sha256).join())
    .digest('hex');
}

/** The seal of a configuration, as config.json in `folder` has it; undefined where it names no modules, or no key can be kept. */
export async function sealOf(folder: string, config: unknown): Promise<string | undefined> {
  if (moduleFiles(config).length === 0) return undefined;
  const key = await keyOf(true);
  return key && sealWith(key, folder, config);
}

/**
 * @param folder of the run
 * @param config as its config.json has it, without `made_with`
 * @throws InputError when the run names modules and was not made here by this user, or they have changed since
 */
export async function checkModules(folder: string, config: unknown, seal: unknown): Promise<void> {
  const files = moduleFiles(anchored(config, folder)).filter(({ file }) => existsSync(resolve(file)));
  if (files.length === 0) return;
  if (!modulesAllowed()) {
    const key = await keyOf(false);
    if (!(key && typeof seal === 'string' && same(seal, await sealWith(key, folder, config)))) {
      const named = moduleFiles(config).map(({ file }) => file);
      throw new InputError(
        `${folder} names JavaScript to be run (${named.join(', ')}), and was not made by this user on this machine, or that file has changed since: look at it, then add --allow-modules`,
      );
    }
  }
  for (const line of changesOf(folder)) {
    remarkOnce(line);
  }
}

/**
 * Copies the modules that a configuration names into a run's folder.
 * @returns where they then lie, by the part of the configuration that names them
 */
export async function keepModules(folder: string, config: unknown): Promise<Record<string, string>> {
  const sources: Record<string, ModuleSource> = {};
  for (const { kind, file } of moduleFiles(config)) sources[kind] = await readSource(file, `${kind}.file`);
  return Object.keys(sources).length > 0 ? copyModules(folder, sources) : {};
}

async function sealWith(key: Buffer, folder: string, config: unknown): Promise<string> {
  const contents: string[] = [];
  for (const { kind, file } of moduleFiles(anchored(config, folder))) {
    try {
      const { files } = await readSource(file, kind);
      contents.push(...files.map(({ sha256 }) => sha256));
    } catch {
      // What cannot be read cannot be run.
      contents.push('absent');
    }
  }
  return createHmac('sha256', key)
    .update(JSON.stringify([config, contents]))
    .digest('hex');
}

function same(a: string, b: string): boolean {
  const [x, y] = [Buffer.from(a), Buffer.from(b)];
  return x.length === y.length && timingSafeEqual(x, y);
}

/** The user's own key, made when it is first wanted; undefined where there is none and none can be kept. */
async function keyOf(make: boolean): Promise<Buffer | undefined> {
  const home = homeOf(process.env);
  const settings = process.env.XDG_CONFIG_HOME || (home && join(home, '.config'));
  if (!settings) return undefined;
  const file = join(settings, 'ebmm', 'key');
  const read = async () => {
    const text = await readFile(file, 'utf8').catch(() => '');
    return /^[0-9a-f]{64}\s*$/.test(text) ? Buffer.from(text.trim(), 'hex') : undefined;
  };
  const known = await read();
  if (known || !make) return known;
  const temporary = `${file}.${randomBytes(4).toString('hex')}.partial`;
  try {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    await writeFile(temporary, `${randomBytes(32).toString('hex')}\n`, { flag: 'wx', mode: 0o600 });
    await chmod(temporary, 0o600);
    // Of several that make one at once, the first one's is everybody's.
    await link(temporary, file).catch(() => {});
  } catch {
    return undefined;
  } finally {
    await rm(temporary, { force: true }).catch(() => {});
  }
  return read();
}
