import { expect, test } from 'vitest';
import { clientOf, serve, type Turn, WorkerError } from '../../../../../runs/explorer/page/lab/channel.ts';
import { InputError } from '../../../../../src/errors.ts';

type Listener = (event: { data: unknown }) => void;

/** Two ends that hand each other copies, later, as a page and its worker do. */
function pair() {
  const ends: Listener[][] = [[], []];
  const port = (own: number) => ({
    postMessage(message: unknown) {
      const copy = structuredClone(message);
      setTimeout(() => ends[1 - own].forEach((listener) => void listener({ data: copy })));
    },
    addEventListener: (_: 'message', listener: Listener) => void ends[own].push(listener),
  });
  return [port(0), port(1)] as const;
}

interface Calls {
  double(x: number): number;
  fail(how: 'input' | 'fault'): never;
}
interface Streams {
  count(to: number): number;
}

function connect() {
  const [page, worker] = pair();
  const ended: number[] = [];
  serve(worker, {
    double: async (x: number) => 2 * x,
    fail(how: string) {
      throw how === 'input' ? new InputError('a.npy: damaged') : new TypeError('no such thing');
    },
    async *count(to: number, turn: Turn) {
      try {
        for (let i = 1; i <= to; i++) {
          yield i;
          await turn.breathe();
          if (turn.cancelled) return;
        }
      } finally {
        ended.push(to);
      }
    },
  } as never);
  return { lab: clientOf<Calls, Streams>(page), ended };
}

test('every question gets its own answer', async () => {
  const { lab } = connect();
  const answers = await Promise.all([1, 2, 3].map((x) => lab.call('double', x)));
  expect(answers).toEqual([2, 4, 6]);
});

test('an error comes over with its name and message, and the next question is answered', async () => {
  const { lab } = connect();
  await expect(lab.call('fail', 'input')).rejects.toMatchObject({
    name: 'InputError',
    message: 'a.npy: damaged',
  });
  await expect(lab.call('fail', 'fault')).rejects.toBeInstanceOf(WorkerError);
  expect(await lab.call('double', 4)).toBe(8);
});

test('a stream comes in order and ends', async () => {
  const { lab, ended } = connect();
  const got: number[] = [];
  for await (const x of lab.stream('count', 5)) got.push(x);
  expect(got).toEqual([1, 2, 3, 4, 5]);
  expect(ended).toEqual([5]);
});

test('a stream that is left, or called off, ends on the other side too', async () => {
  const { lab, ended } = connect();
  for await (const x of lab.stream('count', 1e6)) if (x === 3) break;
  const control = new AbortController();
  const got: number[] = [];
  for await (const x of lab.stream('count', 1e7, control.signal)) {
    got.push(x);
    if (x === 2) control.abort();
  }
  expect(got).toEqual([1, 2]);
  while (ended.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
  expect(ended).toEqual([1e6, 1e7]);
});
