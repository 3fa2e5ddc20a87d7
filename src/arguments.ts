/** @file Arguments of the library's functions, as programs without types may pass them: what is wrong, where, what was expected. */
import { InputError } from './errors.ts';

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

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value);

export const text = kind('text', (value) => typeof value === 'string');
export const name = kind('a name', (value) => typeof value === 'string' && value !== '');
export const number = kind('a finite number', Number.isFinite);
/** A number that may have been lost: NaN, infinite, or null in JSON. */
export const anyNumber = kind('a number', (value) => typeof value === 'number' || value === null);
export const flag = kind('true or false', (value) => typeof value === 'boolean');
export const callable = kind('a function', (value) => typeof value === 'function');
export const object = kind('an object', isObject);
export const floats = kind('a Float32Array', (value) => value instanceof Float32Array);
/** Numbers in an array of whatever kind. */
export const numbers = kind(
  'a list of numbers',
  (value) =>
    (Array.isArray(value) && value.every((v) => typeof v === 'number' || v === null)) ||
    (ArrayBuffer.isView(value) && !(value instanceof DataView)),
);
export const shape = kind(
  'a list of positive integers',
  (value) => Array.isArray(value) && value.length > 0 && value.every((n) => Number.isInteger(n) && n > 0),
);
/** Of a tensor that may be a single number. */
export const axes = kind(
  'a list of whole numbers',
  (value) => Array.isArray(value) && value.every((n) => Number.isInteger(n) && n >= 0),
);
export const engine = kind(
  'an engine: make one with compiledEngine() or tfjsEngine()',
  (value) => typeof (value as { compile?: unknown } | null | undefined)?.compile === 'function',
);
export const tensor = kind(
  'a tensor: make one with tf.tensor(...)',
  (value) =>
    Array.isArray((value as { shape?: unknown } | null | undefined)?.shape) &&
    typeof (value as { data?: unknown }).data === 'function',
);

export const whole = (least: number, most = Number.MAX_SAFE_INTEGER): Kind =>
  kind(
    most === Number.MAX_SAFE_INTEGER
      ? `a whole number of at least ${least}`
      : `a whole number from ${least} to ${most}`,
    (value) => Number.isInteger(value) && (value as number) >= least && (value as number) <= most,
  );

export const oneOf = (names: readonly string[]): Kind =>
  kind(`one of ${names.join(', ')}`, (value) => names.includes(value as string));

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

/** A list, every entry of one kind. */
export const listOf = (one: Kind, wanted = 'a list'): Kind =>
  madeOf(Array.isArray, (list) => Array.from(list, (entry, i) => [`[${i}]`, entry, one] as const), wanted);

/** A list of so many entries of one kind. */
export const several = (count: number, one: Kind): Kind =>
  madeOf(
    (value): value is unknown[] => Array.isArray(value) && value.length === count,
    (list) => list.map((entry, i) => [`[${i}]`, entry, one] as const),
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
export const described = (value: unknown): string =>
  typeof value === 'number' || typeof value === 'boolean' || value === undefined || value === null
    ? String(value)
    : typeof value === 'string'
      ? `"${value.slice(0, 40)}"`
      : ArrayBuffer.isView(value)
        ? `${value.constructor.name} of ${(value as Float32Array).length}`
        : Array.isArray(value)
          ? `an array of ${value.length}`
          : typeof value === 'object'
            ? 'an object'
            : `a ${typeof value}`;
