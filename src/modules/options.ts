/**
 * @file Options of a user's module: checked by the schema that it exports as `options` (zod's, or any other library's of the
 * Standard Schema, standardschema.dev); where it exports none, those that nothing reads are slips.
 */
import { asJson } from '../arguments.ts';
import { InputError } from '../errors.ts';
import { nearest } from '../nearest.ts';

export type Options = Record<string, unknown>;

/** What a schema of any library looks like, as far as it is needed here. */
export interface OptionsSchema<Output = Options> {
  readonly '~standard': {
    readonly validate: (
      value: unknown,
    ) =>
      | { value: Output; issues?: undefined }
      | { issues: readonly Issue[] }
      | Promise<{ value: Output; issues?: undefined } | { issues: readonly Issue[] }>;
  };
}

interface Issue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[];
  /** Zod's, of a key that it does not know. */
  readonly code?: string;
  readonly keys?: readonly string[];
}

/** As far as zod shows what keys an object has. */
interface ZodObject {
  shape?: Record<string, unknown>;
  strict?: () => OptionsSchema;
  _zod?: { def?: { type?: string; catchall?: unknown } };
}

export interface CheckedOptions {
  /** Defaults filled in; without a schema, as given. */
  options: Options;
  /** What a configuration keeps: with defaults, where the schema takes its own output for input. */
  kept: Options;
  /** To be called once the module has been used: names options that nothing has read. @throws InputError */
  checkRead(): void;
}

/**
 * @param schema what the module exports as `options`, if anything
 * @param where the part of the configuration, "network", for messages
 * @throws InputError: the key, what is wrong, and where the schema stands
 */
export async function checkOptions(
  schema: unknown,
  given: Options,
  where: string,
  file: string,
): Promise<CheckedOptions> {
  if (schema === undefined) return watched(given, where, file);
  if (typeof (schema as OptionsSchema)?.['~standard']?.validate !== 'function') {
    throw new InputError(
      `${file}: its export "options" is no schema; expected one of zod (z.object({...}), where z comes from ebmm) or another Standard Schema`,
    );
  }
  const strict = strictly(schema as OptionsSchema);
  const options = await validated(strict, given, where, file);
  return { options, kept: await keepable(strict, options, given), checkRead: () => {} };
}

/** A zod object that says nothing of further keys refuses them. */
function strictly(schema: OptionsSchema): OptionsSchema {
  const { _zod, strict } = schema as ZodObject;
  const open = _zod?.def?.type === 'object' && !_zod.def.catchall && typeof strict === 'function';
  return open ? (schema as ZodObject).strict!() : schema;
}

async function validated(
  schema: OptionsSchema,
  given: Options,
  where: string,
  file: string,
): Promise<Options> {
  let result: Awaited<ReturnType<OptionsSchema['~standard']['validate']>>;
  try {
    result = await schema['~standard'].validate(given);
  } catch (error) {
    throw new InputError(`${file}: its schema "options" failed: ${firstLine(error)}`);
  }
  if (!result.issues) return result.value;
  const [{ message, path = [], keys, code }] = result.issues;
  const steps = path.map((step) => (typeof step === 'object' ? step.key : step));
  if (code === 'unrecognized_keys' && keys?.[0] !== undefined) {
    const known = Object.keys((schema as ZodObject).shape ?? {});
    const near = nearest(keys[0], known);
    const there = known.length > 0 ? `; ${file} has ${known.join(', ')}` : '';
    throw new InputError(
      `${where}: unknown option "${keys[0]}"${near ? `; did you mean "${near}"?` : there}`,
    );
  }
  const value = steps.reduce<unknown>((at, step) => (at as Options | undefined)?.[step as string], given);
  throw new InputError(
    `${[where, ...steps].map(String).join('.')} is ${value === undefined ? 'missing' : asJson(value)}: ${decapitalise(message)} (options of ${file})`,
  );
}

/** The options with their defaults, where they are JSON that the schema takes again as it is; else those given. */
async function keepable(schema: OptionsSchema, options: Options, given: Options): Promise<Options> {
  try {
    const text = JSON.stringify(options);
    const again = await schema['~standard'].validate(JSON.parse(text));
    return !again.issues && JSON.stringify(again.value) === text ? JSON.parse(text) : given;
  } catch {
    return given;
  }
}

/** Options that know which of them have been read. */
function watched(given: Options, where: string, file: string): CheckedOptions {
  const read = new Set<PropertyKey>();
  const all = () => {
    for (const key of Object.keys(given)) read.add(key);
  };
  const options = new Proxy(given, {
    get: (target, key) => {
      read.add(key);
      return Reflect.get(target, key);
    },
    has: (target, key) => {
      read.add(key);
      return Reflect.has(target, key);
    },
    // Whoever goes through all of them has them all.
    ownKeys: (target) => {
      all();
      return Reflect.ownKeys(target);
    },
  });
  const checkRead = () => {
    const unread = Object.keys(given).find((key) => !read.has(key));
    if (unread === undefined) return;
    const known = [...read].filter(
      (key): key is string => typeof key === 'string' && !Object.hasOwn(given, key),
    );
    const near = nearest(unread, known);
    throw new InputError(
      `${where}.${unread}: ${file} reads no such option${near ? `; did you mean "${near}"?` : ' (a schema that it exports as "options" would tell which there are)'}`,
    );
  };
  return { options, kept: given, checkRead };
}

const decapitalise = (text: string) => text.charAt(0).toLowerCase() + text.slice(1);
const firstLine = (error: unknown) => String((error as Error)?.message ?? error).split('\n')[0];
