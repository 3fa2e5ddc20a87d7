/** @file A terminal for tests: keeps what was written, and what a person would see of it. */
import { Writable } from 'node:stream';

export interface FakeTerminal {
  stream: NodeJS.WriteStream;
  /** All that was written. */
  raw(): string;
  /** The lines on the screen. */
  screen(): string[];
}

export function fakeTerminal(columns = 100): FakeTerminal {
  let raw = '';
  const stream = new Writable({
    write(chunk, _, done) {
      raw += chunk;
      done();
    },
  });
  Object.assign(stream, { isTTY: true, columns, rows: 24 });
  return { stream: stream as unknown as NodeJS.WriteStream, raw: () => raw, screen: () => screenOf(raw) };
}

/** Plays the escape sequences that progress displays use: cursor moves, clearing of lines; colours are dropped. */
function screenOf(raw: string): string[] {
  const lines: string[][] = [[]];
  let [x, y] = [0, 0];
  // biome-ignore lint/suspicious/noControlCharactersInRegex: terminals are controlled by such
  for (const [token, parameter, command] of raw.matchAll(/\x1b\[\??(\d*)([A-Za-z])|\n|\r|[^\x1b\n\r]/gu)) {
    const n = Number(parameter || 1);
    if (token === '\n') [x, y] = [0, y + 1];
    else if (token === '\r') x = 0;
    else if (command === 'G') x = n - 1;
    else if (command === 'A') y -= n;
    else if (command === 'B') y += n;
    else if (command === 'K') lines[y] = lines[y].slice(0, x);
    else if (command === 'J') lines.length = y + 1;
    else if (!command) {
      lines[y][x++] = token;
      continue;
    }
    if (command === 'J') lines[y] = lines[y].slice(0, x);
    while (lines.length <= y) lines.push([]);
  }
  return lines.map((line) =>
    Array.from(line, (c) => c ?? ' ')
      .join('')
      .trimEnd(),
  );
}
