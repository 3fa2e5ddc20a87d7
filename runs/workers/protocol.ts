/**
 * @file What a run that shares its parts and its workers say to each other through Redis. A session is one process of `ebmm train`:
 * its keys are its own, last only as long as it renews them, and hold nothing that it could not say again.
 *
 * | key (after ebmm:run:{SESSION}:) | is                                                                              |
 * | ------------------------------- | ------------------------------------------------------------------------------- |
 * | spec                            | JSON: the run, and how a worker shows that it computes the same bits            |
 * | alive                           | there as long as the session is                                                 |
 * | parameters                      | blob: the parameters of the update that is being made                           |
 * | parts                           | stream with the consumer group `workers`: an entry for each part to be computed |
 * | part:UPDATE:K                   | blob: what a part gave                                                          |
 * | notices                         | list: which parts there are, who came, who left, who cannot help                |
 *
 * `ebmm:runs` is the set of sessions; `ebmm:place:PLACE` the session of a run folder, which takes the place of an earlier one.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { productNames, targetNames } from '../../src/compile/index.ts';

export const RUNS = 'ebmm:runs';
export const GROUP = 'workers';
/** Most bytes of a spec. */
export const LONGEST_SPEC = 2 ** 20;
/** Most characters of a notice. */
export const LONGEST_NOTICE = 2500;
/** Most parts of an update. */
export const MOST_PARTS = 4096;
/** Milliseconds that a session lives after it last said so; that its keys stay. */
export const LIFE = { alive: 15_000, keys: 600_000 } as const;

export const keysOf = (session: string) => {
  const of = (name: string) => `ebmm:run:{${session}}:${name}`;
  return {
    spec: of('spec'),
    alive: of('alive'),
    parameters: of('parameters'),
    parts: of('parts'),
    notices: of('notices'),
    part: (update: number, k: number) => of(`part:${update}:${k}`),
  };
};
/** Where the session of a run folder is written down. */
export const placeKey = (host: string, folder: string) =>
  `ebmm:place:${createHash('sha256')
    .update(JSON.stringify([host, folder]))
    .digest('hex')
    .slice(0, 32)}`;
export type Keys = ReturnType<typeof keysOf>;

const digest = z.string().regex(/^[0-9a-f]{64}$/);
export const sessionSchema = z.string().regex(/^[0-9a-f]{32}$/);

/** A file that workers must have, as the run has it. */
export const fileSchema = z.strictObject({ path: z.string().max(4096), sha256: digest });
export type FileNamed = z.output<typeof fileSchema>;

export const specSchema = z.strictObject({
  version: z.literal(1),
  /** Of the program: another may draw other episodes or compute other bits. */
  ebmm: z.string().max(100),
  name: z.string().max(255),
  config: z.record(z.string(), z.unknown()),
  kernels: z.strictObject({ target: z.enum(targetNames), products: z.enum(productNames) }),
  /** Of the patterns, where the run has files of its own. */
  files: z.array(fileSchema).max(10_000),
  /** JavaScript that the configuration names. */
  modules: z.array(fileSchema).max(100),
  /** Checksums that show whether a worker computes the same bits (proof.ts). */
  proof: z.strictObject({ episodes: digest, outcome: digest }),
});
export type Spec = z.output<typeof specSchema>;

const finite = z.number();
/** Of the parameters. `workers`: how many share the parts, as far as is known. */
export const parametersSchema = z.strictObject({
  session: sessionSchema,
  update: z.int().min(1),
  patterns: z.int().min(1),
  workers: z.int().min(1).max(100_000),
});

/** Of what a part gave. An error that is not a number is null. */
export const outcomeSchema = z.strictObject({
  session: sessionSchema,
  update: z.int().min(1),
  k: z.int().min(0),
  error: finite.nullable(),
  queryError: finite.nullable(),
  finite: z.boolean(),
});

const worker = z.string().min(1).max(100);
export const noticeSchema = z.discriminatedUnion('what', [
  z.strictObject({ what: z.literal('part'), worker, update: z.int(), k: z.int().min(0), ms: finite.min(0) }),
  z.strictObject({ what: z.literal('joined'), worker }),
  z.strictObject({ what: z.literal('left'), worker }),
  // Of the parameters as Redis has them.
  z.strictObject({ what: z.literal('unreadable'), worker, why: z.string().max(400) }),
  z.strictObject({ what: z.literal('declined'), worker, why: z.string().max(400) }),
]);
export type Notice = z.output<typeof noticeSchema>;

/** What is read of a notice; undefined for what is none. */
export function parseNotice(text: string): Notice | undefined {
  if (text.length > LONGEST_NOTICE) return undefined;
  try {
    return noticeSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** Shortened so that it can be sent. */
export const noticeOf = (notice: Notice): string =>
  JSON.stringify('why' in notice ? { ...notice, why: notice.why.slice(0, 300) } : notice);

/** SHA-256 of named lists of float32, whatever the order of their names. */
export function digestOf(lists: Record<string, ArrayLike<number>>): string {
  const hash = createHash('sha256');
  for (const name of Object.keys(lists).sort()) {
    const values = Float32Array.from(lists[name]);
    hash.update(`${name} ${values.length}\n`).update(new Uint8Array(values.buffer));
  }
  return hash.digest('hex');
}

/** In the order in which they travel. */
export const inOrder = <T>(lists: Record<string, T>): T[] =>
  Object.keys(lists)
    .sort()
    .map((name) => lists[name]);

/** As `inOrder` had them. */
export const named = <T>(names: readonly string[], lists: readonly T[]): Record<string, T> =>
  Object.fromEntries([...names].sort().map((name, i) => [name, lists[i]]));
