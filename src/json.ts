/** @file JSON that others wrote: a byte-order mark is passed over; nesting that would exhaust the stack, and keys that stand twice, are refused. */
import { InputError } from './errors.ts';

/** No file of this program nests deeper than a handful; V8's parser and every recursion after it have a stack. */
const DEEPEST = 64;

/**
 * @param file for messages
 * @throws InputError when the text is not JSON, is nested too deeply, or has a key twice in one object, of which JSON.parse drops the first
 */
export function parseJson(text: string, file: string): unknown {
  const bare = withoutMark(text);
  if (depthOf(bare) > DEEPEST) throw new InputError(`${file}: nested deeper than ${DEEPEST} brackets`);
  let value: unknown;
  try {
    value = JSON.parse(bare);
  } catch (error) {
    throw new InputError(`${file}: not JSON (${(error as Error).message.split('\n')[0]})`);
  }
  const key = twice(bare);
  if (key !== undefined) throw new InputError(`${file}: "${key}" stands there twice, expected once`);
  return value;
}

/** An object or a list that is open: of an object the keys so far, and the present one. */
interface Open {
  keys?: Set<string>;
  key: string;
}

/** The first key that stands twice in one object of a text that is JSON, with those that lead to it. */
function twice(text: string): string | undefined {
  const open: Open[] = [];
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (c === '{' || c === '[') open.push({ keys: c === '{' ? new Set() : undefined, key: '' });
    else if (c === '}' || c === ']') open.pop();
    else if (c === '"') {
      const start = i++;
      for (; text[i] !== '"'; i++) if (text[i] === '\\') i++;
      const inside = open.at(-1);
      if (!inside?.keys || !isKey(text, i + 1)) continue;
      inside.key = JSON.parse(text.slice(start, i + 1));
      if (inside.keys.has(inside.key)) return open.flatMap(({ key }) => (key === '' ? [] : [key])).join('.');
      inside.keys.add(inside.key);
    }
  }
  return undefined;
}

/** Whether a string that ends before `at` is followed by a colon. */
function isKey(text: string, at: number): boolean {
  let i = at;
  while (' \t\r\n'.includes(text[i] ?? ':')) i++;
  return text[i] === ':';
}

/** Text without the byte-order mark that some editors put first. */
export const withoutMark = (text: string) => (text.startsWith('\ufeff') ? text.slice(1) : text);

/** Brackets open at once, at most; those in strings do not count. */
function depthOf(text: string): number {
  let [depth, deepest, quoted] = [0, 0, false];
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (quoted) {
      if (c === '\\') i++;
      else if (c === '"') quoted = false;
    } else if (c === '"') quoted = true;
    else if (c === '[' || c === '{') deepest = Math.max(deepest, ++depth);
    else if (c === ']' || c === '}') depth--;
  }
  return deepest;
}
