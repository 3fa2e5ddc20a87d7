/** @file Progress on standard error: a calm display that moves in a terminal, a plain line now and then elsewhere. */
import { MultiBar } from 'cli-progress';
import { printable } from '../src/printable.ts';
import { duration, type IO, isLive, paint } from './io.ts';
import { sparkline } from './sparkline.ts';

export interface Progress {
  /**
   * @param done of the total, which grows where more turns out to be done than was foreseen
   * @param remark what it is at, such as the current error
   * @param watched a value whose history a terminal shows as a curve
   */
  update(done: number, remark?: string, watched?: number): void;
  stop(): void;
}

/** Seconds between lines without a terminal. */
const QUIET = 10;

/** Values of the watched quantity that are kept; older ones are thinned out. */
const KEPT = 1000;

export function startProgress(io: IO, label: string, foreseen: number, done = 0): Progress {
  let total = foreseen;
  const started = performance.now();
  const from = done;
  const left = (now: number) => {
    const elapsed = (performance.now() - started) / 1000;
    return now > from ? (elapsed / (now - from)) * (total - now) : Number.NaN;
  };
  if (isLive(io)) {
    const live = liveProgress(io, label, total, done, left);
    return {
      update(now, remark, watched) {
        total = Math.max(total, now);
        live.update(now, remark, watched);
      },
      stop: live.stop,
    };
  }
  let last = performance.now();
  return {
    update(now, remark = '') {
      total = Math.max(total, now);
      if (performance.now() - last < QUIET * 1000 && now < total) return;
      last = performance.now();
      io.err(`${label} ${now}/${total}  ${printable(remark)}  ${duration(left(now))} left`);
    },
    stop() {},
  };
}

/** Two lines that stay where they are; what is said meanwhile appears above them. */
function liveProgress(
  io: IO,
  label: string,
  total: number,
  done: number,
  left: (now: number) => number,
): Progress {
  const bars = new MultiBar({
    stream: io.stream,
    barsize: 24,
    barCompleteChar: '█',
    barIncompleteChar: '░',
    hideCursor: true,
    clearOnComplete: true,
    // Signals are the program's own affair.
    gracefulExit: false,
    emptyOnZero: true,
    fps: 5,
  });
  const bar = bars.create(
    total,
    done,
    { left: '' },
    { format: `${label} ${paint(io, '{bar}')} {value}/{total}  {left}` },
  );
  const remarks = bars.create(
    total,
    done,
    { remark: '', curve: '' },
    { format: `{remark}  ${paint(io, '{curve}')}` },
  );
  let history: number[] = [];
  const stop = () => {
    process.off('exit', stop);
    io.live = undefined;
    bars.update();
    bars.stop();
  };
  // Also when the process is ended: a hidden cursor would stay hidden.
  process.on('exit', stop);
  io.live = (line) => bars.log(`${line}\n`);
  return {
    update(now, remark = '', watched) {
      if (watched !== undefined) history.push(watched);
      if (history.length > KEPT) history = history.filter((_, i) => i % 2 === 0);
      if (now > bar.getTotal()) bar.setTotal(now);
      bar.update(now, { left: `${duration(left(now))} left` });
      remarks.update(now, { remark: printable(remark), curve: sparkline(history) });
    },
    stop,
  };
}
