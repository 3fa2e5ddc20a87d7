import { describe, expect, it } from 'vitest';
import { type Port, Thread, Threads } from '../../../../src/compile/program/threads.ts';

/** A thread that answers when it is told to. */
function fakePort() {
  const posted: string[] = [];
  let answered: (answer: { result: unknown; error?: string }) => void;
  let failed: (error: Error) => void;
  let busy: boolean | undefined;
  const port: Port<string> = {
    post: (message) => posted.push(message),
    listen(a, f) {
      [answered, failed] = [a as typeof answered, f];
    },
    busy(is) {
      busy = is;
    },
    end: async () => undefined,
  };
  return {
    port,
    posted,
    busy: () => busy,
    answer: (result: string) => answered({ result }),
    refuse: (error: string) => answered({ result: undefined, error }),
    fail: (error: Error) => failed(error),
  };
}

describe('Thread', () => {
  it('answers in the order in which it is asked, and keeps the process alive only while it is asked', async () => {
    const { port, posted, busy, answer, refuse } = fakePort();
    const thread = new Thread<string, string>(port);
    expect(busy()).toBe(false);
    const [first, second] = [thread.ask('a'), thread.ask('b')];
    expect(posted).toEqual(['a', 'b']);
    answer('1');
    expect(busy()).toBe(true);
    refuse('no');
    expect(await first).toBe('1');
    await expect(second).rejects.toThrow('no');
    expect(busy()).toBe(false);
  });

  it('settles every promise when it ends or fails, and refuses what is asked after', async () => {
    for (const how of ['end', 'fail'] as const) {
      const { port, fail } = fakePort();
      const thread = new Thread<string, string>(port);
      const asked = [thread.ask('a'), thread.ask('b')];
      const settled = Promise.allSettled(asked);
      if (how === 'end') await thread.end();
      else fail(new Error('out of memory'));
      expect((await settled).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
      await expect(thread.ask('c')).rejects.toThrow(how === 'end' ? 'ended' : 'out of memory');
    }
  });
});

describe('Threads', () => {
  it('are made when they are first needed', async () => {
    let opened = 0;
    const threads = new Threads<string, string>(() => {
      opened++;
      return fakePort().port;
    });
    const [first] = threads.take(1);
    expect(threads.take(2)[0]).toBe(first);
    expect(opened).toBe(2);
    await threads.end();
  });
});
