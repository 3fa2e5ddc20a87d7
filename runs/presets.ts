/** @file Presets: complete runs by name, kept as JSON beside this file; and what `--set` changes in a configuration. */
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Config, parseConfig } from '../meta/config.ts';
import { anchored, namesModule } from '../meta/config-paths.ts';
import * as args from '../src/arguments.ts';
import { InputError } from '../src/errors.ts';
import { nearest } from '../src/nearest.ts';
import { checkModules } from './modules.ts';
import { readJson } from './run-folder.ts';

const FOLDER = fileURLToPath(new URL('./presets/', import.meta.url));

export async function presetNames(): Promise<string[]> {
  return (await readdir(FOLDER)).filter((f) => f.endsWith('.json')).map((f) => f.slice(0, -5));
}

/**
 * The configuration that a command line asks for.
 * @param name a preset, or a path to a JSON file, whose paths are looked for beside it first
 * @param changes applied in order: dotted keys and their values
 * @throws InputError
 */
export async function configure(
  name: string,
  changes: [key: string, value: unknown][] = [],
): Promise<{ name: string; config: Config }> {
  args.check('configure', {
    preset: [name, args.name],
    changes: [changes, CHANGES],
  });
  const names = await presetNames();
  const isFile = name.endsWith('.json') || name.includes('/');
  if (!isFile && !names.includes(name)) {
    const near = nearest(name, names);
    throw new InputError(
      `unknown preset "${name}"; there are ${names.join(', ')}${near ? `; did you mean "${near}"?` : ''} (or give a file: CONFIG.json)`,
    );
  }
  if (isFile && !existsSync(name)) throw new InputError(`${name}: no such file`);
  const file = isFile ? name : join(FOLDER, `${name}.json`);
  const { made_with, ...written } = (await readJson(file)) as Record<string, unknown>;
  const folder = resolve(dirname(file));
  // A run's, which may be anybody's.
  if (made_with !== undefined) await checkModules(folder, written, (made_with as { seal?: unknown })?.seal);
  const value = isFile ? anchored(written, folder) : written;
  for (const [key, change] of changes) setKey(value, key, change);
  return {
    name: isFile ? basename(name, '.json') : name,
    config: parseConfig(value, isFile ? name : `preset "${name}"`),
  };
}

const CHANGE = args.kind(
  '[key, value]',
  (pair) => Array.isArray(pair) && pair.length === 2 && args.name.fault(pair[0], '') === undefined,
);
const CHANGES = args.listOf(CHANGE, 'a list of [key, value], such as [["training.steps", 500]]');

/** `training.steps=500`: the value is JSON, or else a string. */
export function parseChange(text: string): [string, unknown] {
  const at = text.indexOf('=');
  if (at < 1) throw new InputError(`--set ${text}: expected key=value, for instance training.steps=500`);
  const raw = text.slice(at + 1);
  try {
    return [text.slice(0, at), JSON.parse(raw)];
  } catch {
    return [text.slice(0, at), raw];
  }
}

/** Parts that a module may stand for, as they are without its file. */
const MODULES: Record<string, object> = {
  network: { name: 'custom' },
  task: { name: 'custom' },
  corruption: {},
  loss: {},
};

function setKey(target: Record<string, unknown>, key: string, value: unknown): void {
  const parts = key.split('.');
  // Of an object's own making, not a key.
  if (parts.includes('__proto__')) throw new InputError(`--set ${key}: unknown key "${key}"`);
  const [kind, file] = parts;
  // A module takes the place of whatever was there.
  if (file === 'file' && parts.length === 2 && kind in MODULES && !namesModule(target[kind]))
    target[kind] = { ...MODULES[kind] };
  let at = target;
  for (const part of parts.slice(0, -1)) {
    if (typeof at[part] !== 'object' || at[part] === null) at[part] = {};
    at = at[part] as Record<string, unknown>;
  }
  at[parts.at(-1)!] = value;
}
