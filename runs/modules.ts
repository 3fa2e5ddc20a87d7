/**
 * @file Whose JavaScript is run: a configuration may name a module, and a run folder may come from anywhere. Modules of a run are
 * executed when this user made the run on this machine, which a seal in its config.json shows: a keyed hash (HMAC-SHA-256) over
 * the configuration and the module's contents, with a key that is kept among the user's settings; or when the user says so.
 */
import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { chmod, link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { InputError } from '../src/errors.ts';
import { homeOf } from '../src/home.ts';

let allowed = false;

/** Whether modules of runs that were made elsewhere may be run in this process: `--allow-modules`. */
export function allowModules(yes: boolean): void {
  allowed = yes;
}

export const modulesAllowed = (): boolean => allowed;

/** Files of JavaScript or TypeScript that a configuration names. */
export function modulesOf(config: unknown): string[] {
  const { network, task } = (config ?? {}) as Record<string, Record<string, unknown> | undefined>;
  const files = [
    network?.name === 'custom' ? network.file : undefined,
    task?.name === 'module' ? (task.file ?? task.module) : undefined,
  ];
  return files.filter((file): file is string => typeof file === 'string');
}

/** The seal of a configuration that names modules; undefined where it names none, or no key can be kept. */
export async function sealOf(config: unknown): Promise<string | undefined> {
  if (modulesOf(config).length === 0) return undefined;
  const key = await keyOf(true);
  return key && sealWith(key, config);
}

/**
 * @param folder of the run, for the message
 * @param config as its config.json has it, without `made_with`
 * @throws InputError when the run names modules and was not made here by this user, or they have changed since
 */
export async function checkModules(folder: string, config: unknown, seal: unknown): Promise<void> {
  const files = modulesOf(config).filter((file) => existsSync(resolve(file)));
  if (files.length === 0 || allowed) return;
  const key = await keyOf(false);
  if (key && typeof seal === 'string' && same(seal, sealWith(key, config))) return;
  throw new InputError(
    `${folder} names JavaScript to be run (${files.join(', ')}), and was not made by this user on this machine, or that file has changed since: look at it, then add --allow-modules`,
  );
}

function sealWith(key: Buffer, config: unknown): string {
  const contents = modulesOf(config).map((file) => {
    try {
      return createHash('sha256')
        .update(readFileSync(resolve(file)))
        .digest('hex');
    } catch {
      return 'absent';
    }
  });
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
