/** @file Progress on standard error: a bar that moves in a terminal, a line now and then elsewhere. */
import { SingleBar } from 'cli-progress';
import { duration, type IO, isLive } from './io.ts';

export interface Progress {
  /** `done` of the total, with a remark such as the current error. */
  update(done: number, remark?: string): void;
  stop(): void;
}

/** Seconds between lines without a terminal. */
const QUIET = 10;

export function startProgress(io: IO, label: string, total: number, done = 0): Progress {
  const started = performance.now();
  const from = done;
  const left = (now: number) => {
    const elapsed = (performance.now() - started) / 1000;
    return now > from ? (elapsed / (now - from)) * (total - now) : Number.NaN;
  };
  if (isLive(io)) {
    const bar = new SingleBar({
      stream: io.stream,
      format: `${label} {bar} {value}/{total}  {remark}  {left} left`,
      barsize: 24,
      barCompleteChar: '█',
      barIncompleteChar: '░',
      hideCursor: true,
      clearOnComplete: true,
    });
    bar.start(total, done, { remark: '', left: '?' });
    return {
      update: (now, remark = '') => bar.update(now, { remark, left: duration(left(now)) }),
      stop: () => bar.stop(),
    };
  }
  let last = performance.now();
  return {
    update(now, remark = '') {
      if (performance.now() - last < QUIET * 1000 && now < total) return;
      last = performance.now();
      io.err(`${label} ${now}/${total}  ${remark}  ${duration(left(now))} left`);
    },
    stop() {},
  };
}
