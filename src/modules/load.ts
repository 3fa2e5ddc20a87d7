/**
 * @file Runs a user's module, from the bytes that were read. `ebmm` and tfjs are the very ones that run, wherever the module lies: a
 * second copy of tfjs would bring its inexact gradients. Other packages are looked for where the module lies, where it came
 * from, and where the library lies.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, dirname, extname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as tf from '@tensorflow/tfjs';
import { registerGradients } from '../autodiff/index.ts';
import { InputError } from '../errors.ts';
import { FileError, onFile } from '../files.ts';
import type { ModuleSource, SourceFile } from './source.ts';

/** Where the code of modules finds the library that runs it: one place for each copy of the library in a process. */
const PLACE = `ebmm modules ${createHash('sha256')
  .update(import.meta.url)
  .digest('hex')
  .slice(0, 8)}`;
const shared: Record<string, object> = {};
(globalThis as Record<symbol, unknown>)[Symbol.for(PLACE)] = shared;

const libraries: Record<string, () => Promise<object>> = { tfjs: async () => tf };

/** Says what `import ... from 'ebmm'` means in a module. */
export function provideLibrary(load: () => Promise<object>): void {
  libraries.ebmm = load;
}

/** Imports that mean the library, or the tfjs that it uses. */
const PROVIDED: Record<string, string> = {
  ebmm: 'ebmm',
  '@tensorflow/tfjs': 'tfjs',
  '@tensorflow/tfjs-core': 'tfjs',
};

let folder: string | undefined;

/** A folder of this process's own, as long as it lives. */
function temporary(): string {
  if (folder) return folder;
  const made = mkdtempSync(join(tmpdir(), 'ebmm-modules-'));
  process.on('exit', () => rmSync(made, { recursive: true, force: true }));
  folder = made;
  return made;
}

/**
 * What a module exports. The same bytes are run once in a process.
 * @param origins folders that it came from, where packages may be found that are not where it lies now
 * @throws InputError when it cannot be run
 */
export async function runSource(
  source: ModuleSource,
  origins: readonly string[] = [],
): Promise<Record<string, unknown>> {
  const { name, files } = source;
  const code = files.filter(({ path }) => ['.ts', '.mts', '.js', '.mjs', '.json'].includes(extname(path)));
  const emitted = new Map(
    code.map(({ path }, i) => [path, `${i}-${basename(path).replace(/[^\w.-]/g, '_')}.mjs`]),
  );
  const texts = new Map<string, string>();
  const provided = new Set<string>();
  for (const file of code) {
    const text = file.code ? await linked(file, emitted, provided, origins) : jsonModule(file);
    if (text !== undefined) texts.set(emitted.get(file.path)!, text);
  }
  for (const library of provided) texts.set(`${library}.mjs`, await shim(library));
  const key = createHash('sha256')
    .update(JSON.stringify([...texts]))
    .digest('hex')
    .slice(0, 24);
  const entry = await written(key, texts, emitted.get(files[0].path)!);
  try {
    return await import(pathToFileURL(entry).href);
  } catch (error) {
    if (error instanceof FileError) throw error;
    const what = String((error as Error)?.message ?? error)
      .split('\n')[0]
      .replaceAll(dirname(entry), dirname(files[0].path));
    throw new InputError(`${name}: cannot be imported: ${what}`, { cause: error });
  } finally {
    // What it imports may bring a copy of tfjs of its own, which registers tfjs's gradients again over the exact ones.
    registerGradients();
  }
}

async function written(key: string, texts: Map<string, string>, entry: string): Promise<string> {
  const here = join(tmpdir(), 'ebmm-modules');
  return onFile(here, async () => {
    const at = join(temporary(), key);
    mkdirSync(at, { recursive: true });
    for (const [file, text] of texts) writeFileSync(join(at, file), text);
    return join(at, entry);
  });
}

/** The code of a file, its imports leading to what they mean here. */
async function linked(
  { path, code }: SourceFile,
  emitted: ReadonlyMap<string, string>,
  provided: Set<string>,
  origins: readonly string[],
): Promise<string> {
  const { text, mentions, leads } = code!;
  const meta = { url: pathToFileURL(path).href, filename: path, dirname: dirname(path) };
  let [result, at] = ['', 0];
  const replace = (from: number, to: number, by: string) => {
    result += text.slice(at, from) + by;
    at = to;
  };
  for (const { n, s, e, ss, se, d, a } of mentions) {
    if (d === -2) replace(ss, se, `(${JSON.stringify(meta)})`);
    if (n === undefined || d === -2) continue;
    const lead = leads.get(n);
    const library = Object.hasOwn(PROVIDED, n) ? PROVIDED[n] : undefined;
    if (library) provided.add(library);
    const target = library
      ? `./${library}.mjs`
      : lead
        ? emitted.has(lead)
          ? `./${emitted.get(lead)}`
          : pathToFileURL(lead).href
        : await packageOf(n, path, origins);
    // The place of a static import has no quotes around it.
    if (d === -1) replace(s, e, target.replaceAll("'", '%27').replaceAll('"', '%22'));
    else replace(s, e, JSON.stringify(target));
    // JSON has become code by now, and is no longer imported "with" a type.
    if (d === -1 && a > -1 && lead && extname(lead) === '.json') {
      const quote = text[e];
      replace(e, se, `${quote};`);
    }
  }
  return result + text.slice(at);
}

/** Where a package's module lies. @throws InputError where it is not installed */
async function packageOf(specifier: string, path: string, origins: readonly string[]): Promise<string> {
  if (isBuiltin(specifier) || /^(file|data):/.test(specifier)) return specifier;
  if (specifier.startsWith('/')) return pathToFileURL(specifier).href;
  const { resolve } = await import('import-meta-resolve');
  const places = [
    pathToFileURL(path).href,
    ...origins.map((origin) => pathToFileURL(join(origin, 'x.js')).href),
    import.meta.url,
  ];
  for (const place of places) {
    try {
      return resolve(specifier, place);
    } catch {}
  }
  throw new InputError(`${path}: imports "${specifier}", which is not installed where it lies`);
}

function jsonModule({ path, bytes }: SourceFile): string | undefined {
  try {
    return `export default ${JSON.stringify(JSON.parse(bytes.toString('utf8')))};\n`;
  } catch {
    throw new InputError(`${path}: not JSON`);
  }
}

/** A module that exports what the library that runs exports. */
async function shim(name: string): Promise<string> {
  const library = (await libraries[name]?.()) as Record<string, unknown> | undefined;
  if (!library) throw new InputError(`"${name}" cannot be imported here`);
  shared[name] = library;
  const names = Object.keys(library).filter((key) => /^[A-Za-z_$][\w$]*$/.test(key) && key !== 'default');
  return [
    `const library = globalThis[Symbol.for(${JSON.stringify(PLACE)})][${JSON.stringify(name)}];`,
    ...names.map((key) => `const _${key} = library.${key}; export { _${key} as ${key} };`),
    'export default library;',
    '',
  ].join('\n');
}
