/** @file A worker's part in a run that shares its parts: takes some, computes them, sends what they gave, until the run ends. */
import { setTimeout } from 'node:timers/promises';
import { computeParts, type PartsWanted } from '../../meta/parts.ts';
import { InputError } from '../../src/errors.ts';
import type { DataSource } from '../../tasks/index.ts';
import type { IO } from '../io.ts';
import { allFinite, BadBlob, decodeBlob, encodeBlob, longestBlob } from './blob.ts';
import {
  GROUP,
  inOrder,
  type Keys,
  keysOf,
  LIFE,
  LONGEST_SPEC,
  named,
  noticeOf,
  parametersSchema,
  RUNS,
  sessionSchema,
} from './protocol.ts';
import { isForgotten, isLost, messageOf, type Redis, ready } from './redis.ts';
import { parseSpec, type ServedRun, serveRun } from './served-run.ts';

/** Milliseconds that a worker waits for a part before it looks whether the run still lives. */
const WAIT = 1000;
/** Milliseconds that a result waits to be fetched. */
const RESULT = 60_000;

export interface PartWorkerOptions {
  redis: Redis;
  shown: string;
  /** Name of this worker, that nobody else has. */
  name: string;
  /** As many parts are taken at once, if there are enough for all workers. */
  threads: number;
  source: DataSource;
  version: string;
}

/** Serves runs one after the other; keeps the last one's program, should it go on. */
export class PartWorker {
  readonly #options: PartWorkerOptions;
  readonly #io: IO;
  /** Sessions that this machine cannot help. */
  readonly #declined = new Set<string>();
  #last: { spec: string; served: ServedRun } | undefined;
  computed = 0;

  constructor(options: PartWorkerOptions, io: IO) {
    this.#options = options;
    this.#io = io;
  }

  /** Helps a run that wants it, until it ends. @returns whether there was one */
  async serve(): Promise<boolean> {
    const { redis } = this.#options;
    const sessions = await redis.srandmember(RUNS, 16);
    for (const session of sessions) {
      if (!sessionSchema.safeParse(session).success || this.#declined.has(session)) continue;
      const keys = keysOf(session);
      if (!(await redis.exists(keys.alive))) {
        // It was killed, or comes back: then it says so again.
        await redis.srem(RUNS, session);
        continue;
      }
      const served = await this.#join(session, keys);
      if (!served) continue;
      await this.#work(session, keys, served);
      return true;
    }
    return false;
  }

  async dispose(): Promise<void> {
    await this.#last?.served.engine.dispose();
    this.#last = undefined;
  }

  /** The run of a session, if this machine can help. */
  async #join(session: string, keys: Keys): Promise<ServedRun | undefined> {
    const { redis, name, shown } = this.#options;
    const text = await redis.getrange(keys.spec, 0, LONGEST_SPEC);
    if (text === '') return undefined;
    if (this.#last?.spec !== text) {
      await this.dispose();
      try {
        const spec = parseSpec(text);
        this.#io.err(`${spec.name} on ${shown}: getting ready`);
        this.#last = { spec: text, served: await serveRun(spec, this.#options) };
      } catch (error) {
        if (isLost(error)) throw error;
        const known = error instanceof InputError;
        const why = known ? error.message : `it fails here: ${messageOf(error).split('\n')[0]}`;
        this.#declined.add(session);
        this.#io.err(`a run on ${shown} is not helped: ${why}`);
        await redis.rpush(keys.notices, noticeOf({ what: 'declined', worker: name, why }));
        await redis.pexpire(keys.notices, LIFE.keys);
        return undefined;
      }
    }
    const { served } = this.#last;
    this.#io.err(`${served.name}: computing parts`);
    await redis.rpush(keys.notices, noticeOf({ what: 'joined', worker: name }));
    await redis.pexpire(keys.notices, LIFE.keys);
    return served;
  }

  async #work(session: string, keys: Keys, served: ServedRun): Promise<void> {
    const { redis, name, shown, threads } = this.#options;
    const stopping = () => Boolean(this.#io.stopping.signal);
    let wanted: (PartsWanted & { workers: number }) | undefined;
    let sent: Promise<unknown> = Promise.resolve();
    /** Of blobs that have been sent. */
    const rooms: Buffer[] = [];
    let before = 0;
    while (!stopping()) {
      try {
        const share = Math.max(
          1,
          Math.min(threads, Math.ceil(served.parts / (wanted?.workers ?? served.parts))),
        );
        // On one connection what was computed goes out first, without waiting for the answer.
        const [, replies] = await Promise.all([
          sent,
          redis.xreadgroup('GROUP', GROUP, name, 'COUNT', share, 'BLOCK', WAIT, 'STREAMS', keys.parts, '>'),
        ]);
        sent = Promise.resolve();
        if (!replies) {
          if (!(await redis.exists(keys.alive))) break;
          continue;
        }
        const entries = entriesOf(replies, served.parts);
        const update = Math.max(...entries.map((entry) => entry.update));
        if (update !== wanted?.update) wanted = await this.#fetch(session, keys, served);
        const ours = entries.filter((entry) => entry.update === wanted?.update);
        const old = entries.filter((entry) => entry.update !== wanted?.update).map(({ id }) => id);
        if (old.length > 0) await redis.xack(keys.parts, GROUP, ...old);
        if (!wanted || ours.length === 0) continue;
        const which = [...new Set(ours.map(({ k }) => k))];
        const started = performance.now();
        const outcomes = await computeParts(served.learner, wanted, which);
        const ms = performance.now() - started;
        const sending: Promise<unknown>[] = [];
        for (const [i, { sums, error, queryError }] of outcomes.entries()) {
          const k = which[i];
          const lists = inOrder(sums);
          const finite = allFinite(lists) && Number.isFinite(error) && Number.isFinite(queryError);
          const header = { session, update: wanted.update, k, error, queryError, finite };
          rooms[i] = encodeBlob(header, lists, rooms[i]);
          // One after the other on one connection, not as one transaction, which would copy the blob once more.
          sending.push(redis.set(keys.part(wanted.update, k), rooms[i], 'PX', RESULT));
          const notice = noticeOf({ what: 'part', worker: name, update: wanted.update, k, ms });
          sending.push(redis.rpush(keys.notices, notice));
        }
        sending.push(redis.xack(keys.parts, GROUP, ...ours.map(({ id }) => id)));
        sent = Promise.all(sending);
        for (const each of sending) each.catch(() => undefined);
        // Looked at with the next parts.
        sent.catch(() => undefined);
        this.computed += which.length;
      } catch (error) {
        sent = Promise.resolve();
        if (error instanceof BadBlob) {
          this.#io.err(`${served.name}: its parameters are damaged (${error.message}): not used`);
          wanted = undefined;
          const why = error.message;
          redis
            .rpush(keys.notices, noticeOf({ what: 'unreadable', worker: name, why }))
            .catch(() => undefined);
          await setTimeout(WAIT);
        } else if (isForgotten(error)) {
          // Redis was emptied, or started anew: the run says all of it again, or has ended.
          const now = performance.now();
          if (before === 0) before = now;
          if (now - before > 4 * LIFE.alive) break;
          await setTimeout(WAIT / 10);
          const alive = await redis.exists(keys.alive).catch(() => 1);
          if (!alive && now - before > 5 * WAIT) break;
          continue;
        } else if (isLost(error)) {
          const wait = (why: string) => this.#io.err(`${shown} ${why}: waiting for it`);
          if (!(await ready(redis, stopping, wait))) break;
        } else throw error;
      }
      before = 0;
    }
    await sent.catch(() => undefined);
    this.#io.err(
      `${served.name}: ${stopping() ? 'leaving' : 'it has ended, or waits for its own end'}; ${this.computed} parts computed`,
    );
    try {
      await redis.rpushx(keys.notices, noticeOf({ what: 'left', worker: name }));
    } catch {
      // It will be missed.
    }
  }

  /** The parameters of the update that is being made. @throws BadBlob */
  async #fetch(session: string, keys: Keys, served: ServedRun): Promise<PartsWanted & { workers: number }> {
    const lengths = inOrder(served.parameterLengths);
    const bytes = await this.#options.redis.getrangeBuffer(keys.parameters, 0, longestBlob(lengths));
    const { header, lists } = decodeBlob(bytes, parametersSchema, lengths);
    const { update, patterns, workers } = header;
    if (header.session !== session) throw new BadBlob('of another run');
    if (served.learner.load(update) !== patterns) throw new BadBlob(`${patterns} patterns`);
    if (!allFinite(lists)) throw new BadBlob('a number in it is not finite');
    const program = await served.trainer.compile(patterns);
    return { update, patterns, workers, program, parameters: named(served.parameterNames, lists) };
  }
}

interface Entry {
  id: string;
  update: number;
  k: number;
}

/** Entries of the stream; what is none stands for no part. */
function entriesOf(replies: unknown, parts: number): Entry[] {
  const [[, list]] = replies as [string, [string, string[]][]][];
  return list.map(([id, fields]) => {
    const [u, update, at, k] = fields ?? [];
    const right =
      u === 'u' && at === 'k' && /^\d{1,15}$/.test(update) && /^\d{1,6}$/.test(k) && Number(k) < parts;
    return right ? { id, update: Number(update), k: Number(k) } : { id, update: -1, k: 0 };
  });
}
