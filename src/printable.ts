/** @file Text that others wrote, made safe to print in a terminal. */

/**
 * Control characters (of which escape sequences are made) and marks that turn the direction of writing, as their pictures: ESC is
 * \u241b. In a JSON document, which has control characters escaped already, as escapes.
 */
export function printable(text: string): string {
  const json = /^[{[]/.test(text);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  return text.replace(
    /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g,
    (c) => {
      const code = c.charCodeAt(0);
      if (json) return `\\u${code.toString(16).padStart(4, '0')}`;
      if (code < 0x20) return String.fromCharCode(0x2400 + code);
      return code === 0x7f ? '\u2421' : '\ufffd';
    },
  );
}
