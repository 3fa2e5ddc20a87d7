/** @file A sweep as it goes on, shown until nobody works on it any more. */
import { setTimeout } from 'node:timers/promises';
import { type IO, isLive } from '../io.ts';
import type { Manifest } from './manifest.ts';
import { statusOf, statusReport } from './status.ts';

/** Milliseconds between looks at a signal, and between displays: moving ones, and lines of text. */
const EVERY = { look: 200, moving: 2000, lines: 30_000 } as const;
/** Rows of a terminal that does not say how many it has. */
const ROWS = 24;

/**
 * @param watch undefined: where the terminal can show it
 */
export async function watchStatus(
  folder: string,
  manifest: Manifest,
  watch: boolean | undefined,
  io: IO,
): Promise<void> {
  const live = isLive(io);
  if (!(watch ?? live)) return;
  let shown = 0;
  const erase = () => {
    if (shown > 0) io.stream.write(`\x1b[${shown}A\x1b[J`);
    shown = 0;
  };
  io.stopping.graceful = true;
  try {
    for (;;) {
      const status = await statusOf(folder, manifest);
      const open = status.counts.running + (watch ? status.counts.waiting + status.counts.stopped : 0);
      erase();
      if (open === 0) return;
      const lines = statusReport(status);
      if (live) {
        const width = io.stream.columns ?? 80;
        const fitting = shortened(lines, (io.stream.rows ?? ROWS) - 2).map((line) => line.slice(0, width));
        io.stream.write(`${fitting.join('\n')}\n`);
        shown = fitting.length;
      } else io.err(lines[0]);
      for (let waited = 0; waited < (live ? EVERY.moving : EVERY.lines); waited += EVERY.look) {
        if (io.stopping.signal) return;
        await setTimeout(EVERY.look);
      }
    }
  } finally {
    erase();
    io.stopping.graceful = false;
  }
}

/** What the best is stays in sight, whatever the number of trials. */
function shortened(lines: string[], rows: number): string[] {
  if (lines.length <= rows) return lines;
  const best = lines.filter((line) => line.startsWith('best: '));
  return [...lines.slice(0, Math.max(1, rows - best.length - 1)), '...', ...best];
}
