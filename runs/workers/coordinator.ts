/**
 * @file The side of a run that shares its parts: parameters go out once an update, parts through a Redis stream, results come back and are put in
 * the order of the parts, whoever computed them and however often. Nothing that Redis holds is needed: what it loses is sent again.
 */
import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import type { ChainableCommander } from 'ioredis';
import type { Config } from '../../meta/config.ts';
import type { Learner } from '../../meta/learner.ts';
import { computeParts, NOT_PARTED, type PartOutcome, type PartsWanted, Stopped } from '../../meta/parts.ts';
import type { Trainer } from '../../meta/trainer.ts';
import type { Engine, TargetName } from '../../src/compile/index.ts';
import { InputError } from '../../src/errors.ts';
import { sizeOf } from '../../src/shapes.ts';
import { duration, type IO } from '../io.ts';
import { allFinite, BadBlob, decodeBlob, encodeBlob, longestBlob } from './blob.ts';
import type { filesOf } from './files.ts';
import { proofOf } from './proof.ts';
import {
  GROUP,
  inOrder,
  keysOf,
  LIFE,
  MOST_PARTS,
  type Notice,
  named,
  outcomeSchema,
  parseNotice,
  placeKey,
  RUNS,
  type Spec,
  sessionSchema,
} from './protocol.ts';
import { connect, isForgotten, isLost, messageOf, type Redis, ready, refused } from './redis.ts';

/** Seconds that a look for results waits: so often stopping and the health of parts are looked at. */
const LOOK = 0.25;
/** Milliseconds without anything coming back after which parts may have stalled, at least. */
const PATIENCE = 1000;
/** A part has stalled when it takes so many times as long as the slowest did. */
const SLOWER = 4;
/** As long as no worker has given anything: so many times what the proof took here. */
const UNKNOWN = 30;
/** Results whose times are remembered. */
const REMEMBERED = 64;
/** Milliseconds for which it is known which session a run folder had. */
const DAY = 86_400_000;
/** Milliseconds after which a worker of whom nothing is heard no longer counts. */
const SILENT = 30_000;

export interface Sharing {
  /** For messages: of Redis, and of the run. */
  shown: string;
  name: string;
  config: Config;
  learner: Learner;
  engine: Engine;
  /** Of the program. */
  version: string;
  files: Awaited<ReturnType<typeof filesOf>>;
}

interface Worker {
  seen: number;
  results: number;
}

/** Connects; nothing is said to anybody before `announce`. @throws InputError where that cannot be */
export async function shareParts(address: string, io: IO): Promise<PartsCoordinator> {
  const { redis, shown } = await connect(address, io.env);
  return new PartsCoordinator(redis, shown, io);
}

export class PartsCoordinator {
  readonly session = randomBytes(16).toString('hex');
  readonly shown: string;
  readonly #keys = keysOf(this.session);
  readonly #redis: Redis;
  readonly #io: IO;
  #learner!: Learner;
  #spec = '';
  /** Whether Redis knows the session, as far as this process does. */
  #placed = false;
  /** Entries of the stream for parts of the present update. */
  #entries = new Map<string, number>();
  readonly #workers = new Map<string, Worker>();
  readonly #slowest: number[] = [];
  #proofTook = 0;
  #place: string | undefined;
  #renewal: NodeJS.Timeout | undefined;
  readonly #rooms = new Map<number, Float32Array>();
  #counts = { parts: 0, again: 0, bad: 0, duplicates: 0 };

  constructor(redis: Redis, shown: string, io: IO) {
    this.#redis = redis;
    this.#io = io;
    this.shown = shown;
  }

  /** What has been done so far: parts that came, that were given out once more, that were damaged, that came twice. */
  get counts(): Readonly<{ parts: number; again: number; bad: number; duplicates: number }> {
    return this.#counts;
  }

  /** Makes the run known to workers. @throws InputError when the engine computes no parts */
  async announce(trainer: Trainer, sharing: Omit<Sharing, 'shown'>): Promise<void> {
    const { config, learner, engine, files, name, version } = sharing;
    const { parts = 0 } = config.training;
    if (parts > MOST_PARTS)
      throw new InputError(`training.parts is ${parts}: expected at most ${MOST_PARTS}`);
    if (!engine.kernels || engine.kernels.target === 'tfjs') throw new InputError(`--workers: ${NOT_PARTED}`);
    this.#learner = learner;
    const started = performance.now();
    const proof = await proofOf(config, learner, trainer);
    this.#proofTook = performance.now() - started;
    const { target, products } = engine.kernels;
    const spec: Spec = {
      version: 1,
      ebmm: version,
      name,
      config,
      kernels: { target: target as TargetName, products: products as Spec['kernels']['products'] },
      ...files,
      proof,
    };
    this.#spec = JSON.stringify(spec);
    this.#io.err(`${name}: ${parts} parts an update, computed by who runs: ebmm worker ${this.shown}`);
    await this.#hold();
    this.#renewal = setInterval(() => {
      this.#redis.set(this.#keys.alive, '1', 'PX', LIFE.alive).catch(() => undefined);
    }, LIFE.alive / 5);
    this.#renewal.unref();
  }

  /** This process has a run folder now: ends the session that an earlier one, which was killed, had with it. */
  async take(folder: string): Promise<void> {
    this.#place = placeKey(hostname(), folder);
    try {
      const old = await this.#redis.getset(this.#place, this.session);
      await this.#redis.pexpire(this.#place, DAY);
      if (!old || !sessionSchema.safeParse(old).success) return;
      const { spec, alive, parameters, parts, notices } = keysOf(old);
      await this.#redis.multi().srem(RUNS, old).unlink(alive, spec, parameters, parts, notices).exec();
    } catch (error) {
      // It ends by itself, a little later.
      if (!isLost(error)) throw refused(this.shown, error);
    }
  }

  /** All parts of an update, from the workers. @throws Stopped when the user asked to stop before all were there */
  readonly elsewhere = async (wanted: PartsWanted): Promise<PartOutcome[]> => {
    const { parted } = wanted.program;
    if (!parted) throw new InputError(NOT_PARTED);
    const all = Array.from({ length: parted.parts }, (_, k) => k);
    // What is not finite does not travel.
    if (!allFinite(Object.values(wanted.parameters))) return computeParts(this.#learner, wanted, all);
    const there = new Map<number, PartOutcome>();
    const asked: Asked = {
      ...wanted,
      sumNames: Object.keys(parted.sumShapes),
      lengths: inOrder(parted.sumShapes).map(sizeOf),
      given: new Map(),
      since: performance.now(),
      progress: performance.now(),
      told: 0,
      unreadable: false,
      published: 0,
    };
    let published = false;
    while (there.size < all.length) {
      if (this.#io.stopping.signal) throw new Stopped();
      try {
        if (!published) {
          await this.#publish(
            asked,
            all.filter((k) => !there.has(k)),
          );
          published = true;
        }
        const came = await this.#collect(asked, there);
        if (asked.unreadable && performance.now() - asked.published > PATIENCE) published = false;
        else if (!came && !(await this.#lookAfter(asked, there))) published = false;
      } catch (error) {
        if (!isLost(error) && !isForgotten(error)) throw refused(this.shown, error);
        published = false;
        await this.#reconnect();
      }
    }
    this.#counts.parts += all.length;
    return all.map((k) => there.get(k)!);
  };

  /** Takes the session back, so that workers leave it at once. */
  async close(): Promise<void> {
    const keys = this.#keys;
    clearInterval(this.#renewal);
    try {
      const { spec, alive, parameters, parts, notices } = keys;
      const all = [spec, alive, parameters, parts, notices, ...(this.#place ? [this.#place] : [])];
      await this.#redis
        .multi()
        .srem(RUNS, this.session)
        .unlink(...all)
        .exec();
    } catch {
      // They end by themselves.
    }
    this.#redis.disconnect();
  }

  /** Renews the session, and says all of it again where Redis does not have it. */
  async #hold(): Promise<void> {
    const { spec, alive, parts, notices } = this.#keys;
    const { session } = this;
    if (!this.#placed) {
      const multi = this.#redis.multi();
      multi.set(spec, this.#spec, 'PX', LIFE.keys).xgroup('CREATE', parts, GROUP, '0', 'MKSTREAM');
      await checked(multi, /BUSYGROUP/);
      this.#placed = true;
    }
    const multi = this.#redis.multi();
    multi.set(alive, '1', 'PX', LIFE.alive).sadd(RUNS, session);
    for (const key of [spec, parts, notices]) multi.pexpire(key, LIFE.keys);
    await checked(multi);
  }

  /** Sends the parameters and asks for parts. What was asked for before is taken back. */
  async #publish(asked: Asked, parts: readonly number[]): Promise<void> {
    if (!this.#placed) await this.#hold();
    const { update, patterns, parameters } = asked;
    asked.unreadable = false;
    asked.published = performance.now();
    const keys = this.#keys;
    const workers = Math.max(1, this.#active());
    const header = { session: this.session, update, patterns, workers };
    const old = [...this.#entries.keys()];
    const multi = this.#redis.multi();
    if (old.length > 0) multi.xack(keys.parts, GROUP, ...old).xdel(keys.parts, ...old);
    multi.set(keys.parameters, encodeBlob(header, inOrder(parameters)), 'PX', LIFE.keys);
    multi.set(keys.alive, '1', 'PX', LIFE.alive).sadd(RUNS, this.session);
    for (const key of [keys.spec, keys.notices, keys.parts]) multi.pexpire(key, LIFE.keys);
    for (const k of parts) multi.xadd(keys.parts, '*', 'u', update, 'k', k);
    const replies = await checked(multi);
    this.#entries = new Map(parts.map((k, i) => [String(replies[replies.length - parts.length + i]), k]));
  }

  /** Waits a little for results and takes what came. @returns whether any did */
  async #collect(asked: Asked, there: Map<number, PartOutcome>): Promise<boolean> {
    const { notices } = this.#keys;
    const first = await this.#redis.blpop(notices, LOOK);
    if (!first) return false;
    let texts: string[] = [first[1]];
    for (;;) {
      const told = texts.map(parseNotice).filter((notice) => notice !== undefined);
      for (const notice of told) this.#note(notice, asked);
      const results = told.filter((n) => n.what === 'part').filter(({ update, k }) => update === asked.update && k < MOST_PARTS); // biome-ignore format: one thought
      const pipeline = this.#redis.pipeline();
      for (const { update, k } of results)
        pipeline.getrangeBuffer(this.#keys.part(update, k), 0, longestBlob(asked.lengths));
      for (const { update, k } of results) pipeline.unlink(this.#keys.part(update, k));
      pipeline.lpop(notices, 256);
      const replies = await checked(pipeline);
      for (const [i, { k, worker }] of results.entries())
        await this.#take(asked, there, k, worker, replies[i] as Buffer);
      texts = (replies.at(-1) as string[] | null) ?? [];
      if (texts.length === 0) return true;
    }
  }

  async #take(
    asked: Asked,
    there: Map<number, PartOutcome>,
    k: number,
    worker: string,
    bytes: Buffer,
  ): Promise<void> {
    if (there.has(k) || k >= asked.program.parted!.parts) {
      this.#counts.duplicates++;
      return;
    }
    try {
      const { header, lists } = decodeBlob(bytes, outcomeSchema, asked.lengths, this.#roomFor(asked, k));
      const { session, update, error, queryError, finite } = header;
      if (session !== this.session || update !== asked.update || header.k !== k)
        throw new BadBlob('another part');
      const clean = allFinite(lists) && error !== null && queryError !== null;
      if (clean !== finite)
        throw new BadBlob(clean ? 'said not to be finite' : 'a number in it is not finite');
      // Numbers that are not finite end training: nobody's word is taken for them.
      if (clean) there.set(k, { sums: named(asked.sumNames, lists), error, queryError });
      else there.set(k, (await computeParts(this.#learner, asked, [k]))[0]);
      asked.progress = performance.now();
    } catch (error) {
      if (!(error instanceof BadBlob)) throw error;
      // The same part may have been taken and removed a moment ago.
      if (!bytes || bytes.length === 0) return;
      this.#counts.bad++;
      this.#say(
        `update ${asked.update}: part ${k + 1} from ${worker} is damaged (${error.message}): it is computed again`,
      );
      await this.#again(asked, k);
    }
  }

  /** Where the numbers of a part go, the same in every update: merging has copied them by then. */
  #roomFor({ lengths }: Asked, k: number): Float32Array {
    const numbers = lengths.reduce((a, b) => a + b, 0);
    const known = this.#rooms.get(k);
    if (known?.length === numbers) return known;
    const room = new Float32Array(numbers);
    this.#rooms.set(k, room);
    return room;
  }

  /**
   * Nothing came for a while: renews the session, gives parts that have stalled to somebody else.
   * @returns false where Redis has forgotten the session, or all of it had better be said again
   */
  async #lookAfter(asked: Asked, there: Map<number, PartOutcome>): Promise<boolean> {
    const { parts, parameters, spec } = this.#keys;
    const waited = performance.now() - asked.progress;
    const patience = this.#patience();
    const found = await checked(
      this.#redis
        .pipeline()
        .exists(parameters, spec, parts)
        .xpending(parts, GROUP, 'IDLE', Math.ceil(patience), '-', '+', MOST_PARTS),
      /NOGROUP/,
    );
    if (found[0] !== 3 || !Array.isArray(found[1])) {
      this.#placed = false;
      return false;
    }
    if (waited > asked.told + 10_000) {
      asked.told = waited;
      this.#say(`update ${asked.update}: ${there.size} of ${asked.program.parted!.parts} parts after ${duration((performance.now() - asked.since) / 1000)}; ${this.#active() === 0 ? `no workers: ebmm worker ${this.shown}` : `workers: ${this.#active()}`}`); // biome-ignore format: one message
      await this.#hold();
    }
    let whole = true;
    for (const [id, , idle] of found[1] as [string, string, number][]) {
      const k = this.#entries.get(id);
      const given = asked.given.get(k ?? -1) ?? 0;
      if (k === undefined) await this.#redis.xack(parts, GROUP, id);
      else if (!there.has(k) && idle > patience * 2 ** given) {
        await this.#again(asked, k, id);
        // Perhaps it is not the worker: the parameters may be damaged.
        whole &&= given === 0;
      }
    }
    return whole;
  }

  /** Gives a part out once more. The first result counts. */
  async #again(asked: Asked, k: number, id?: string): Promise<void> {
    const { parts } = this.#keys;
    this.#counts.again++;
    asked.given.set(k, (asked.given.get(k) ?? 0) + 1);
    const multi = this.#redis.multi();
    if (id) multi.xack(parts, GROUP, id).xdel(parts, id);
    multi.xadd(parts, '*', 'u', asked.update, 'k', k);
    const replies = await checked(multi);
    this.#entries.set(String(replies.at(-1)), k);
  }

  #patience(): number {
    const slowest =
      this.#slowest.length > 0 ? SLOWER * Math.max(...this.#slowest) : UNKNOWN * this.#proofTook;
    return Math.max(PATIENCE, slowest);
  }

  #note(notice: Notice, asked: Asked): void {
    const { worker } = notice;
    const known = this.#workers.get(worker);
    if (notice.what === 'declined') {
      this.#say(`worker ${worker} cannot help: ${notice.why}`);
      return;
    }
    if (notice.what === 'unreadable') {
      asked.unreadable = true;
      return;
    }
    if (notice.what === 'left') {
      if (this.#workers.delete(worker)) this.#say(`worker ${worker} left (${this.#workers.size} there)`);
      return;
    }
    // Anybody who has the password can say many names.
    if (!known && this.#workers.size > 10_000) return;
    this.#workers.set(worker, {
      seen: performance.now(),
      results: (known?.results ?? 0) + Number(notice.what === 'part'),
    });
    if (!known) this.#say(`worker ${worker} joined (${this.#workers.size} there)`);
    if (notice.what !== 'part' || notice.update !== asked.update) return;
    this.#slowest.push(notice.ms);
    if (this.#slowest.length > REMEMBERED) this.#slowest.shift();
  }

  /** Workers of whom something has been heard lately. */
  #active(): number {
    const now = performance.now();
    const silent = Math.max(SILENT, 4 * Math.max(0, ...this.#slowest));
    for (const [name, { seen }] of this.#workers) {
      if (now - seen < silent) continue;
      this.#workers.delete(name);
      this.#say(
        `worker ${name}: nothing was heard of it for ${duration(silent / 1000)} (${this.#workers.size} there)`,
      );
    }
    return this.#workers.size;
  }

  async #reconnect(): Promise<void> {
    const there = await ready(
      this.#redis,
      () => Boolean(this.#io.stopping.signal),
      (why) => this.#say(`${this.shown} ${why}: waiting for it; nothing is lost`),
    );
    if (!there) throw new Stopped();
    this.#placed = false;
    this.#entries.clear();
  }

  #say(line: string): void {
    this.#io.err(line);
  }
}

/** An update under way. */
interface Asked extends PartsWanted {
  sumNames: string[];
  lengths: number[];
  /** How often a part has been given out once more. */
  given: Map<number, number>;
  /** When it began, and when something came last. */
  since: number;
  progress: number;
  told: number;
  /** A worker could not read the parameters, which were sent last at that time. */
  unreadable: boolean;
  published: number;
}

/** The replies of several commands. @throws the first of their errors, but for those that are expected */
async function checked(commands: ChainableCommander, but?: RegExp): Promise<unknown[]> {
  const replies = await commands.exec();
  if (!replies) throw new Error('Connection is closed.');
  for (const [error] of replies) if (error && !but?.test(messageOf(error))) throw error;
  return replies.map(([, reply]) => reply);
}
