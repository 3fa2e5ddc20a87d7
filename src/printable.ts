/** @file Text that others wrote, made safe to print in a terminal. */

/**
 * Control characters (of which escape sequences are made) and marks that turn the direction of writing, as their pictures: ESC is
 * \u241b. In a JSON document, which has most of them escaped already, as escapes. Tabs and ends of lines stay.
 */
export function printable(text: string): string {
  const json = /^[{[]/.test(text);
  return text.replace(/\p{Cc}|\p{Zl}|\p{Zp}|\p{Bidi_Control}/gu, (c) => {
    if (c === '\n' || c === '\t') return c;
    const code = c.charCodeAt(0);
    if (json) return `\\u${code.toString(16).padStart(4, '0')}`;
    if (code < 0x20) return String.fromCharCode(0x2400 + code);
    return code === 0x7f ? '\u2421' : '\ufffd';
  });
}
