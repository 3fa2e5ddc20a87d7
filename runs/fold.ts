/** @file Text of help fitted to the width of a terminal. */

/** Columns where there is no terminal that says so. */
const COLUMNS = 80;

/**
 * Lines that are wider than `wide` columns, folded between words. Of a list (`  term  what it is`) the rest stands under what it is, not under the
 * term, where that leaves it room.
 */
export function folded(text: string, wide?: number): string {
  // Some terminals say that they have none.
  const columns = wide || COLUMNS;
  return text
    .split('\n')
    .flatMap((line) => foldedLine(line, columns))
    .join('\n');
}

function foldedLine(line: string, columns: number): string[] {
  if (line.length <= columns) return [line];
  const [, head = ''] = /^(\s*\S+(?: \S+)* {2,})/.exec(line) ?? [];
  const indent = head.length > 0 && head.length <= columns / 2 ? head.length : /^\s*/.exec(line)![0].length;
  const lines = [line.slice(0, indent)];
  for (const word of line.slice(indent).trim().split(/ +/)) {
    const last = lines.at(-1)!;
    const joined = last.length <= indent ? last + word : `${last} ${word}`;
    if (joined.length <= columns || last.length <= indent) lines[lines.length - 1] = joined;
    else lines.push(' '.repeat(indent) + word);
  }
  return lines;
}
