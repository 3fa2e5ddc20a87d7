/** @file JSON that others wrote: a byte-order mark is passed over, and nesting that would exhaust the stack is refused. */
import { InputError } from './errors.ts';

/** No file of this program nests deeper than a handful; V8's parser and every recursion after it have a stack. */
const DEEPEST = 64;

/**
 * @param file for messages
 * @throws InputError when the text is not JSON, or is nested too deeply
 */
export function parseJson(text: string, file: string): unknown {
  const bare = withoutMark(text);
  if (depthOf(bare) > DEEPEST) throw new InputError(`${file}: nested deeper than ${DEEPEST} brackets`);
  try {
    return JSON.parse(bare);
  } catch (error) {
    throw new InputError(`${file}: not JSON (${(error as Error).message.split('\n')[0]})`);
  }
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
