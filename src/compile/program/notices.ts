/**
 * @file What the compiler tells people: that something ran another way than the fast one, and why. Each line once a process.
 *
 * A fault of a generator (an error nobody foresaw) is such a notice where there is another way; in strict mode, which tests run in, it is thrown.
 */

/** The environment variable of strict mode: graphs are checked after every rewrite, and faults are thrown. */
const VARIABLE = 'EBMM_STRICT';

let strict = Boolean(globalThis.process?.env?.[VARIABLE]);
let tell: (line: string) => void = (line) => console.warn(line);
const told = new Set<string>();

export const isStrict = () => strict;

/** Runs `body` in strict mode or out of it. */
export async function withStrict<T>(value: boolean, body: () => T | Promise<T>): Promise<T> {
  const before = strict;
  strict = value;
  try {
    return await body();
  } finally {
    strict = before;
  }
}

/**
 * Takes the notices of the compiler from now on; by default they go to standard error.
 * @returns who took them before
 */
export function onNotice(listener: (line: string) => void): (line: string) => void {
  const before = tell;
  tell = listener;
  told.clear();
  return before;
}

export function notice(line: string): void {
  if (told.has(line)) return;
  told.add(line);
  tell(line);
}

/**
 * Something that should not have happened, and that there is a way around: a notice, in strict mode an error.
 * @param what failed, and what is done instead
 */
export function fault(what: string, error: unknown): void {
  if (strict) throw error;
  notice(`ebmm: ${what} (${firstLine(error)}); please report it`);
}

export const firstLine = (error: unknown) =>
  (error instanceof Error ? error.message : String(error)).split('\n')[0];
