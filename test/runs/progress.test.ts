import { afterEach, expect, test, vi } from 'vitest';
import type { IO } from '../../runs/io.ts';
import { startProgress } from '../../runs/progress.ts';
import { fakeTerminal } from './terminal.ts';

afterEach(() => void vi.useRealTimers());

function io(env: Record<string, string>, tty: boolean) {
  const terminal = fakeTerminal();
  const lines: string[] = [];
  if (!tty) Object.assign(terminal.stream, { isTTY: false });
  const streams: IO = {
    out: () => {},
    err: (line) => (streams.live ? streams.live(line) : lines.push(line)),
    stream: terminal.stream,
    env,
    stopping: {},
  };
  return { io: streams, lines, ...terminal };
}

test('in a terminal, two lines that stay: the bar with the time left, the remark with a curve', () => {
  vi.useFakeTimers();
  const { io: streams, screen, raw } = io({}, true);
  const progress = startProgress(streams, 'train', 100);
  for (const [i, error] of [8, 4, 2, 1].entries()) {
    vi.advanceTimersByTime(1000);
    progress.update(i + 1, `error ${error} bits`, error);
  }
  vi.advanceTimersByTime(1000);
  expect(screen()).toHaveLength(2);
  expect(screen()[0]).toMatch(/^train █*░+ 4\/100 {2}1 min 36 s left$/);
  expect(screen()[1]).toBe('error 1 bits  █▆▃▁');
  expect(raw()).toContain('\x1b[36m');
  progress.stop();
  // Cleared away, and the cursor is shown again.
  expect(screen().join('')).toBe('');
  expect(raw().lastIndexOf('\x1b[?25h')).toBeGreaterThan(raw().lastIndexOf('\x1b[?25l'));
  expect(streams.live).toBeUndefined();
});

test('what is said meanwhile stays above the display', () => {
  vi.useFakeTimers();
  const { io: streams, screen } = io({}, true);
  const progress = startProgress(streams, 'train', 10);
  progress.update(3, 'error 5');
  streams.err('update 4 skipped');
  vi.advanceTimersByTime(1000);
  expect(screen()[0]).toBe('update 4 skipped');
  expect(screen()[1]).toMatch(/^train/);
  streams.err('the last word');
  progress.stop();
  expect(screen().filter((line) => line !== '')).toEqual(['update 4 skipped', 'the last word']);
});

test('NO_COLOR: no colours, else the same', () => {
  vi.useFakeTimers();
  const { io: streams, screen, raw } = io({ NO_COLOR: '1' }, true);
  const progress = startProgress(streams, 'train', 2);
  progress.update(1, 'error 1 bits', 1);
  vi.advanceTimersByTime(1000);
  expect(screen()[1]).toBe('error 1 bits  ▁');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what colours are
  expect(raw()).not.toMatch(/\x1b\[\d*m/);
  progress.stop();
});

test.each([
  ['without a terminal', {}, false],
  ['in a dumb terminal', { TERM: 'dumb' }, true],
  ['in continuous integration', { CI: 'true' }, true],
])('%s: plain lines, now and then and at the end', (_, env, tty) => {
  vi.useFakeTimers();
  const { io: streams, lines, raw } = io(env as Record<string, string>, tty);
  const progress = startProgress(streams, 'train', 30);
  for (let i = 1; i <= 30; i++) {
    vi.advanceTimersByTime(1000);
    progress.update(i, `error ${i}`, i);
  }
  progress.stop();
  expect(lines).toEqual([
    'train 10/30  error 10  20 s left',
    'train 20/30  error 20  10 s left',
    'train 30/30  error 30  0 s left',
  ]);
  expect(raw()).toBe('');
});

test.each([true, false])('the total grows where more is done than was foreseen (terminal: %s)', (tty) => {
  vi.useFakeTimers();
  const { io: streams, screen, lines } = io({}, tty);
  const progress = startProgress(streams, 'sweep', 10);
  vi.advanceTimersByTime(11_000);
  progress.update(12, '18/18 trials judged');
  vi.advanceTimersByTime(1000);
  expect(tty ? screen()[0] : lines.at(-1)).toContain('12/12');
  progress.stop();
});
