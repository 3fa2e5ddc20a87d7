/** @file A connection to Redis: its address, what is said of it, and what becomes of it when the server goes away for a while. */
import { isIP } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import type { Redis, RedisOptions } from 'ioredis';
import { InputError } from '../../src/errors.ts';
import { FileError } from '../../src/files.ts';
import type { Environment } from '../data.ts';

export type { Redis } from 'ioredis';

/** Longest that a reply may take; longer, and the connection is given up and made anew. */
const REPLY = 60_000;

export interface RedisAddress {
  /** Without the password. */
  shown: string;
  options: RedisOptions;
}

/**
 * @param text redis://[user:password@]host[:port][/database], or rediss:// for TLS
 * @param env EBMM_REDIS_PASSWORD is the password where the address has none, so that no list of processes shows it
 * @throws InputError
 */
export function parseAddress(text: string, env: Environment): RedisAddress {
  const fail = (what: string): never => {
    throw new InputError(
      `${text.replace(/\/\/[^@/]*@/, '//***@')}: ${what}, expected redis://[user:password@]host[:port][/database], or rediss:// for TLS`,
    );
  };
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    return fail('no address of Redis');
  }
  if (url.protocol !== 'redis:' && url.protocol !== 'rediss:') return fail('no address of Redis');
  if (url.hostname === '') return fail('names no host');
  if (url.search || url.hash) return fail('has options');
  const db = url.pathname.replace(/^\//, '') || '0';
  if (!/^\d{1,4}$/.test(db)) return fail('names no database by number');
  const tls = url.protocol === 'rediss:';
  const port = Number(url.port || 6379);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const password = decodeURIComponent(url.password) || env.EBMM_REDIS_PASSWORD || undefined;
  return {
    shown: `${url.protocol}//${url.hostname}:${port}${db === '0' ? '' : `/${db}`}`,
    options: {
      host,
      port,
      db: Number(db),
      username: decodeURIComponent(url.username) || undefined,
      password,
      ...(tls ? { tls: isIP(host) ? {} : { servername: host } } : {}),
    },
  };
}

/** The connection was lost, or the server is not ready: what was asked of it may or may not have been done. */
export const isLost = (error: unknown): boolean =>
  /Connection is closed|Stream isn't writeable|Command timed out|ECONN|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN|Socket closed|^LOADING |^MASTERDOWN |max retries|aborted/i.test(
    messageOf(error),
  );

/** What Redis no longer knows after it was started anew, or somebody has emptied it. */
export const isForgotten = (error: unknown): boolean =>
  /^NOGROUP |^UNBLOCKED |^-?ERR no such key/.test(messageOf(error));

/** What ends work that Redis refuses: its memory is full, or a key holds something else. */
export const refused = (shown: string, error: unknown): unknown =>
  (error as Error)?.name === 'ReplyError'
    ? new FileError(`${shown}: ${messageOf(error).split('\n')[0]}`)
    : error;

export const messageOf = (error: unknown): string => String((error as Error)?.message ?? error);

/**
 * Connects. Commands that are under way when the connection breaks fail at once; the connection is made again by itself, for as
 * long as it takes (`ready`).
 * @throws InputError when the address is wrong, nobody answers, or the password is refused
 */
export async function connect(
  text: string,
  env: Environment,
  changes: RedisOptions = {},
): Promise<{ redis: Redis; shown: string }> {
  const { shown, options } = parseAddress(text, env);
  const { Redis } = await ioredis();
  let first = true;
  const redis = new Redis({
    ...options,
    lazyConnect: true,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    connectTimeout: 10_000,
    commandTimeout: REPLY,
    keepAlive: 10_000,
    connectionName: 'ebmm',
    retryStrategy: (times) => (first ? null : Math.min(100 * times, 2000)),
    ...changes,
  });
  let problem: unknown;
  redis.on('error', (error) => {
    problem = error;
  });
  try {
    await redis.connect();
    await redis.ping();
  } catch (error) {
    redis.disconnect();
    throw new InputError(`${shown}: ${explain(problem ?? error)}`);
  }
  first = false;
  return { redis, shown };
}

function explain(error: unknown): string {
  const all = (error as AggregateError)?.errors;
  const message =
    messageOf(all?.[0] ?? error) || String((error as NodeJS.ErrnoException)?.code ?? 'no answer');
  if (/NOAUTH/.test(message)) return 'wants a password (redis://:PASSWORD@host, or EBMM_REDIS_PASSWORD)';
  if (/WRONGPASS|invalid password/i.test(message)) return 'refuses the user or the password';
  return `cannot be used (${message.split('\n')[0]})`;
}

/** Of an optional package. @throws InputError where it is not installed */
async function ioredis(): Promise<Pick<typeof import('ioredis'), 'Redis'>> {
  try {
    const { Redis } = await import('ioredis');
    return { Redis };
  } catch (error) {
    throw missing('ioredis', error);
  }
}

export const missing = (name: string, cause: unknown) =>
  new InputError(
    `Redis needs the packages ioredis and bullmq, which come with ebmm unless optional packages are left out; ${name} cannot be loaded: npm install ioredis bullmq`,
    { cause },
  );

/**
 * Waits until the connection is there again.
 * @param wait told after some seconds, and then every half minute, why it is not
 * @returns false when `stop` says so first
 */
export async function ready(
  redis: Redis,
  stop: () => boolean,
  wait: (why: string) => void,
): Promise<boolean> {
  let why = 'no connection';
  const note = (error: Error) => {
    why = explain(error);
  };
  redis.on('error', note);
  try {
    for (let tries = 0; !stop(); tries++) {
      if (redis.status === 'ready') return true;
      if (redis.status === 'end') redis.connect().catch(() => undefined);
      if (tries % 600 === 60) wait(why);
      await setTimeout(50);
    }
    return false;
  } finally {
    redis.off('error', note);
  }
}
