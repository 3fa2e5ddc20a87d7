/**
 * @file The source of a user's module: its file and whatever that imports by relative path, read without running any of it. What is
 * hashed, copied and run are the same bytes.
 */
import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { basename, dirname, extname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ImportSpecifier } from 'es-module-lexer';
import { InputError } from '../errors.ts';

/** An import of a module, or a mention of `import.meta`, in its JavaScript. */
export type Mention = Pick<ImportSpecifier, 'n' | 's' | 'e' | 'ss' | 'se' | 'd' | 'a'>;

export interface SourceFile {
  /** Absolute. */
  path: string;
  bytes: Buffer;
  /** SHA-256, hexadecimal. */
  sha256: string;
  /** Of what is run: its JavaScript, what it mentions, and the files that its relative imports lead to. */
  code?: { text: string; mentions: readonly Mention[]; leads: ReadonlyMap<string, string> };
}

export interface ModuleSource {
  /** As the user wrote it, for messages. */
  name: string;
  /** The module's own file first; then what it imports, in the order of its appearance. */
  files: SourceFile[];
  /** The folder that holds all of them. */
  root: string;
}

/** Code, by what it is read as. */
const CODE: Record<string, 'ts' | 'js' | 'json'> = {
  '.ts': 'ts',
  '.mts': 'ts',
  '.js': 'js',
  '.mjs': 'js',
  '.json': 'json',
};

/** Whether a path is that of a module, by its ending. */
export const isModulePath = (path: string) => /\.m?[jt]s$/.test(path);

/** Larger files are data, and named in the module's options rather than by its code. */
const LARGEST = 64 * 2 ** 20;
/** More files are a whole program. */
const MOST = 1000;

/** The library's own folder: what is imported from it is the library that runs, and no part of a module. */
const OWN = fileURLToPath(new URL(/* @vite-ignore */ '../../', import.meta.url));
const isOwn = (path: string) =>
  /^(src|meta|tasks|runs)[\\/]/.test(relative(OWN, path)) &&
  !/^runs[\\/](examples|out)[\\/]/.test(relative(OWN, path));

/** Imports that leave no trace in JavaScript: of types. A comment that looks like one does no harm. */
const TYPES = /\b(?:import|export)\b[^'"`;]*?\bfrom\s*['"](\.{1,2}\/[^'"]+)['"]/g;
/** Files that code names relative to itself: `new URL('./words.txt', import.meta.url)`. */
const ASSETS = /\bnew\s+URL\(\s*(['"])(\.{1,2}\/[^'"]+)\1\s*,\s*import\.meta\.url\s*\)/g;

/**
 * Reads a module and what it imports by relative path (types too), and files that it names by `new URL('./FILE', import.meta.url)`.
 * @param key of the configuration that names it, for messages
 * @throws InputError for a file that is missing, is no module, or cannot be parsed
 */
export async function readSource(file: string, key: string): Promise<ModuleSource> {
  const entry = resolve(file);
  const files = new Map<string, SourceFile>();
  const add = async (path: string, why: string, named = ''): Promise<void> => {
    if (files.has(path)) return;
    if (files.size === MOST) throw new InputError(`${file}: imports more than ${MOST} files (${key})`);
    const bytes = read(path, why, named);
    const one: SourceFile = { path, bytes, sha256: createHash('sha256').update(bytes).digest('hex') };
    files.set(path, one);
    const kind = CODE[extname(path)];
    if (!kind || kind === 'json') return;
    const text = bytes.toString('utf8');
    const javascript = kind === 'ts' ? await stripTypes(text, path) : text;
    const mentions = await lex(javascript, path);
    const leads = new Map<string, string>();
    for (const { n } of mentions) {
      if (!n || !/^\.{1,2}\//.test(n)) continue;
      const target = locate(n, path);
      if (!target) throw new InputError(`${shown(path)}: imports "${n}": no such file`);
      if (!(extname(target) in CODE))
        throw new InputError(`${shown(path)}: imports "${n}", expected ${Object.keys(CODE).join(', ')}`);
      leads.set(n, target);
    }
    one.code = { text: javascript, mentions, leads };
    for (const [n, target] of leads) if (!isOwn(target)) await add(target, `${shown(path)}: imports "${n}"`);
    const silent = [
      ...(kind === 'ts' ? [...text.matchAll(TYPES)].map((match) => match[1]) : []),
      ...[...text.matchAll(ASSETS)].map((match) => match[2]),
    ];
    for (const n of silent) {
      const target = locate(n, path);
      if (target && !isOwn(target)) await add(target, `${shown(path)}: names "${n}"`);
    }
  };
  const shown = (path: string) => (path === entry ? file : relative(dirname(entry), path));
  if (!isModulePath(entry))
    throw new InputError(
      `${file}: expected a module of TypeScript or JavaScript: .ts, .mts, .js, .mjs (${key})`,
    );
  await add(entry, file, ` (${key})`);
  return { name: file, files: [...files.values()], root: rootOf([...files.keys()]) };
}

function read(path: string, why: string, named: string): Buffer {
  try {
    const there = statSync(path);
    if (there.isDirectory()) throw new InputError(`${why}: it is a folder, expected a file${named}`);
    if (there.size > LARGEST)
      throw new InputError(
        `${why}: ${there.size} bytes, expected at most ${LARGEST} in a file that a module brings`,
      );
    return readFileSync(path);
  } catch (error) {
    if (error instanceof InputError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    throw new InputError(
      `${why}: ${code === 'ENOENT' ? 'no such file' : `cannot be read (${code})`}${named}`,
    );
  }
}

/** The file that a relative import means: as it is, .js for .ts as TypeScript writes it, or with an ending left out. */
function locate(specifier: string, from: string): string | undefined {
  const path = resolve(dirname(from), specifier.replace(/[?#].*$/, ''));
  const candidates = [
    path,
    path.replace(/\.js$/, '.ts'),
    path.replace(/\.mjs$/, '.mts'),
    ...['.ts', '.js', '.mts', '.mjs', '.json'].map((ending) => path + ending),
    ...['index.ts', 'index.js'].map((name) => join(path, name)),
  ];
  return candidates.find((candidate) => statSync(candidate, { throwIfNoEntry: false })?.isFile());
}

async function stripTypes(text: string, path: string): Promise<string> {
  let transform: typeof import('esbuild').transform;
  try {
    ({ transform } = await import('esbuild'));
  } catch {
    throw new InputError(
      `${path}: TypeScript needs the package esbuild, which is not installed; write JavaScript`,
    );
  }
  try {
    const options = { loader: 'ts', target: 'es2023', format: 'esm', logLevel: 'silent' } as const;
    return (await transform(text, { ...options, sourcefile: basename(path) })).code;
  } catch (error) {
    const { errors } = error as import('esbuild').TransformFailure;
    if (!errors?.[0]) {
      const what = String((error as Error).message).split('\n')[0];
      throw new InputError(
        `${path}: TypeScript needs the package esbuild, which does not run here (${what}); write JavaScript`,
      );
    }
    const { location, text: what } = errors[0];
    throw new InputError(
      `${path}${location ? `:${location.line}:${location.column + 1}` : ''}: cannot be parsed: ${what}`,
    );
  }
}

async function lex(text: string, path: string): Promise<readonly Mention[]> {
  const { init, parse } = await import('es-module-lexer');
  await init;
  try {
    const [imports, , , hasModuleSyntax] = parse(text);
    if (!hasModuleSyntax && /\bmodule\.exports\b|\bexports\.\w+\s*=/.test(text))
      throw new InputError(`${path}: is CommonJS (module.exports), expected a module: export default`);
    return imports;
  } catch (error) {
    if (error instanceof InputError) throw error;
    const { idx = 0 } = error as { idx?: number };
    throw new InputError(`${path}:${text.slice(0, idx).split('\n').length}: cannot be parsed as JavaScript`);
  }
}

function rootOf(paths: string[]): string {
  let root = dirname(paths[0]);
  while (
    !paths.every((path) => path.startsWith(root.endsWith(sep) ? root : root + sep)) &&
    dirname(root) !== root
  )
    root = dirname(root);
  return root;
}
