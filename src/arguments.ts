/** @file Arguments of the library's functions, as programs without types may pass them: what is wrong, where, what was expected. */
import { InputError } from './errors.ts';
import { LARGEST, sizeOf } from './shapes.ts';

/** What an argument has to be. */
export interface Kind {
  readonly wanted: string;
  /** The first part of it that is wrong; `at` names the whole. */
  fault(value: unknown, at: string): Fault | undefined;
}

interface Fault {
  at: string;
  value: unknown;
  wanted: string;
}

/** A kind of values that `is` tells. */
export const kind = (wanted: string, is: (value: unknown) => boolean): Kind => ({
  wanted,
  fault: (value, at) => (is(value) ? undefined : { at, value, wanted }),
});

/** Of an option that must be given. */
export interface RequiredKind extends Kind {
  readonly required: true;
}
export const required = (one: Kind): RequiredKind => ({ ...one, required: true });

const tagOf = (value: unknown) => Object.prototype.toString.call(value).slice(8, -1);

/** Something with fields: no list, no map, no promise. */
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && ['Object', 'Module'].includes(tagOf(value));

const finite = (value: unknown): value is number => Number.isFinite(value);
const isAbove = (value: unknown, least: number) => finite(value) && value > least;
/** Whether a value is a list of which every entry is such; one that was never set is not. */
const isListOf = (value: unknown, is: (entry: unknown) => boolean): value is unknown[] =>
  Array.isArray(value) && Array.from(value).every(is);

export const anything = kind('anything', () => true);
export const text = kind('text', (value) => typeof value === 'string');
export const name = kind('a name', (value) => typeof value === 'string' && value !== '');
/** What messages and tables call something. */
export const label = kind(
  'a name of one line',
  (value) => typeof value === 'string' && value.trim() !== '' && !/\p{Cc}/u.test(value),
);
export const number = kind('a finite number', finite);
export const positive = kind('a number above 0', (value) => isAbove(value, 0));
export const notNegative = kind('a number of at least 0', (value) => finite(value) && value >= 0);
export const share = kind('a number from 0 to below 1', (value) => finite(value) && value >= 0 && value < 1);
/** A number that may have been lost: NaN, infinite, or null in JSON. */
export const anyNumber = kind('a number', (value) => typeof value === 'number' || value === null);
/** Of float32, in which two of them may be one. */
export const range = kind('two finite numbers, low < high', (value) => {
  if (!isListOf(value, finite) || value.length !== 2) return false;
  const [low, high] = (value as number[]).map(Math.fround);
  return low < high && finite(high - low);
});
export const flag = kind('true or false', (value) => typeof value === 'boolean');
export const callable = kind('a function', (value) => typeof value === 'function');
export const object = kind('an object', isObject);
export const floats = kind('a Float32Array', (value) => value instanceof Float32Array);
/** Numbers in an array of whatever kind. */
export const numbers = kind(
  'a list of numbers',
  (value) =>
    isListOf(value, (v) => typeof v === 'number' || v === null) ||
    (ArrayBuffer.isView(value) && !(value instanceof DataView)),
);
export const finiteNumbers = kind(
  'a list of finite numbers',
  (value) => numbers.fault(value, '') === undefined && Array.prototype.every.call(value, finite),
);
export const signal = kind(
  'an AbortSignal',
  (value) => typeof (value as AbortSignal | null | undefined)?.throwIfAborted === 'function',
);
export const engine = kind(
  'an engine: make one with compiledEngine() or tfjsEngine()',
  (value) => typeof (value as { compile?: unknown } | null | undefined)?.compile === 'function',
);

/** Axes of a tensor that a machine can hold. */
const lengths = (wanted: string, is: (value: unknown[]) => boolean): Kind => ({
  wanted,
  fault(value, at) {
    if (!isListOf(value, Number.isInteger) || !is(value)) return { at, value, wanted };
    const most = `${wanted}, ${LARGEST} numbers together at most`;
    return sizeOf(value as number[]) <= LARGEST ? undefined : { at, value, wanted: most };
  },
});
export const shape = lengths(
  'a list of positive integers',
  (value) => value.length > 0 && value.every((n) => isAbove(n, 0)),
);
/** Likewise, where a single number has none. */
export const dimensions = lengths('a list of positive integers', (value) =>
  value.every((n) => isAbove(n, 0)),
);
/** Of a tensor that may be a single number, or empty. */
export const axes = lengths('a list of whole numbers', (value) => value.every((n) => isAbove(n, -1)));

interface Tensorial {
  shape: number[];
  dtype: string;
  isDisposed?: boolean;
}

const isTensor = (value: unknown): value is Tensorial =>
  Array.isArray((value as Tensorial | null | undefined)?.shape) &&
  typeof (value as { data?: unknown }).data === 'function';

/** A tensor of these types that is still there. */
const tensorOf = (types: readonly string[], ofThem: string): Kind => {
  const wanted = 'a tensor: make one with tf.tensor(...)';
  return {
    wanted,
    fault(value, at) {
      if (!isTensor(value)) return { at, value, wanted };
      if (value.isDisposed) return { at, value, wanted: 'one that has not been disposed of' };
      return types.includes(value.dtype) ? undefined : { at, value, wanted: ofThem };
    },
  };
};
export const tensor = tensorOf(['float32', 'int32', 'bool'], 'one of numbers');
export const floatTensor = tensorOf(['float32'], 'one of float32');

export const whole = (least: number, most = Number.MAX_SAFE_INTEGER): Kind =>
  kind(
    most === Number.MAX_SAFE_INTEGER
      ? `a whole number of at least ${least}`
      : `a whole number from ${least} to ${most}`,
    (value) => Number.isInteger(value) && (value as number) >= least && (value as number) <= most,
  );

export const oneOf = (names: readonly string[]): Kind =>
  kind(`one of ${names.join(', ')}`, (value) => names.includes(value as string));

/** One of those values, or of that kind. */
export const oneOfOr = (names: readonly unknown[], one: Kind): Kind =>
  kind(
    `${names.map((n) => described(n)).join(', ')} or ${one.wanted}`,
    (value) => names.includes(value) || one.fault(value, '') === undefined,
  );

/** Undefined, or of that kind. */
export const optional = (one: Kind): Kind => ({
  wanted: one.wanted,
  fault: (value, at) => (value === undefined ? undefined : one.fault(value, at)),
});

/** A value that `is` tells, made of parts: each by where it stands in the value, with its kind. */
function madeOf<T>(
  is: (value: unknown) => value is T,
  parts: (value: T) => Iterable<readonly [at: string, part: unknown, one: Kind]>,
  wanted: string,
): Kind {
  return {
    wanted,
    fault(value, at) {
      if (!is(value)) return { at, value, wanted };
      for (const [inside, part, one] of parts(value)) {
        const fault = one.fault(part, at + inside);
        if (fault) return fault;
      }
      return undefined;
    },
  };
}

const entriesOf = (list: unknown[], one: Kind) =>
  Array.from(list, (entry, i) => [`[${i}]`, entry, one] as const);

/** A list, every entry of one kind. */
export const listOf = (one: Kind, wanted = 'a list'): Kind =>
  madeOf(Array.isArray, (list) => entriesOf(list, one), wanted);

/** A list of at least one, every entry of one kind. */
export const someOf = (one: Kind, wanted = 'a list of at least one'): Kind =>
  madeOf(
    (value): value is unknown[] => Array.isArray(value) && value.length > 0,
    (list) => entriesOf(list, one),
    wanted,
  );

/** One, or a list of at least one. */
export const oneOrSome = (one: Kind): Kind => {
  const wanted = `${one.wanted}, or a list of such`;
  const some = someOf(one, wanted);
  return {
    wanted,
    fault: (value, at) =>
      Array.isArray(value) ? some.fault(value, at) : one.fault(value, at) && { at, value, wanted },
  };
};

/** A list of so many entries of one kind. */
export const several = (count: number, one: Kind): Kind =>
  madeOf(
    (value): value is unknown[] => Array.isArray(value) && value.length === count,
    (list) => entriesOf(list, one),
    `a list of ${count}`,
  );

/** An object, every value of one kind. */
export const record = (one: Kind, wanted = 'an object'): Kind =>
  madeOf(isObject, (value) => Object.keys(value).map((key) => [`.${key}`, value[key], one] as const), wanted);

/** An object with these fields, and whatever others. */
export const fields = (kinds: Readonly<Record<string, Kind>>, wanted = 'an object'): Kind =>
  madeOf(isObject, (value) => Object.keys(kinds).map((key) => [`.${key}`, value[key], kinds[key]] as const), wanted); // biome-ignore format: as its neighbours

/**
 * Checks the arguments of a function in their order.
 * @param call the function, for messages
 * @param given each by its name, with what it has to be
 * @throws InputError naming the first that is wrong, what it is, and what was expected
 */
export function check(call: string, given: Readonly<Record<string, readonly [unknown, Kind]>>): void {
  for (const [at, [value, one]] of Object.entries(given)) {
    const fault = one.fault(value, at);
    if (!fault) continue;
    const part = fault.at === at || one.wanted === 'an object' || one.wanted === 'a list';
    const whole = part ? '' : ` (${at} is to be ${one.wanted})`;
    throw new InputError(
      `${call}: ${fault.at} is ${described(fault.value)}, expected ${fault.wanted}${whole}`,
    );
  }
}

/** A value in a few words, for messages. */
export function described(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return `"${value.slice(0, 40)}"`;
    case 'bigint':
      return `${value}n`;
    case 'function':
    case 'symbol':
      return `a ${typeof value}`;
    case 'object':
      return value === null ? 'null' : describedObject(value);
    default:
      return String(value);
  }
}

/** Entries of a list that are told, and fields of an object. */
const [TOLD, FEW] = [8, 2];

function describedObject(value: object): string {
  if (ArrayBuffer.isView(value)) return `${value.constructor.name} of ${(value as Float32Array).length}`;
  if (Array.isArray(value)) {
    const short = value.length <= TOLD && isListOf(value, (v) => typeof v !== 'object' || v === null);
    return short ? `[${Array.from(value, described).join(', ')}]` : `an array of ${value.length}`;
  }
  if (isTensor(value))
    return value.isDisposed ? 'a disposed tensor' : `a tensor [${value.shape}] of ${value.dtype}`;
  const tag = tagOf(value);
  if (tag === 'Promise') return 'a promise (await it)';
  if (tag !== 'Object') return `a ${tag}`;
  const entries = Object.entries(value);
  const short = entries.length <= FEW && entries.every(([, v]) => typeof v !== 'object' || v === null);
  return short ? `{${entries.map(([key, v]) => ` ${key}: ${described(v)}`).join(',')} }` : 'an object';
}

/** A value as JSON, where it can be that; else in a few words. */
export function asJson(value: unknown): string {
  if (typeof value === 'number') return String(value);
  try {
    return JSON.stringify(value) ?? described(value);
  } catch {
    return described(value);
  }
}
