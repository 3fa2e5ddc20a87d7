/**
 * @file Options of the library's functions: a name that there is none of is refused, with the one that was probably meant; so is a value
 * that is not of the option's kind.
 */
import { check, type Kind, optional } from './arguments.ts';
import { InputError } from './errors.ts';
import { nearest } from './nearest.ts';

/** All names of an options type, each with what it has to be, or `true` where its function looks; one that is missing here does not compile. */
export type Names<Options> = { readonly [Name in keyof Required<Options>]: true | Kind };

/** @throws InputError when `options` is no object, has a name that is none of `names`, or a value that is not of its kind */
export function checkNames<Options>(what: string, options: Options | undefined, names: Names<Options>): void {
  if (options === undefined) return;
  if (typeof options !== 'object' || options === null)
    throw new InputError(`${what}: expected an object of options, found ${String(options)}`);
  const known = Object.keys(names);
  const wrong = Object.keys(options).find((name) => !known.includes(name));
  if (wrong !== undefined) {
    const near = nearest(wrong, known);
    throw new InputError(
      `${what}: unknown option "${wrong}"; ${near ? `did you mean "${near}"?` : `there are ${known.join(', ')}`}`,
    );
  }
  for (const [name, kind] of Object.entries<true | Kind>(names))
    if (kind !== true) check(what, { [name]: [options[name as keyof Options], optional(kind)] });
}

/** A function of options that refuses unknown ones, and values of another kind. */
export function checked<Options extends object, Made>(
  what: string,
  names: Names<Options>,
  make: (options: Options) => Made,
): Partial<Options> extends Options ? (options?: Options) => Made : (options: Options) => Made {
  return ((options: Options = {} as Options) => {
    checkNames(what, options, names);
    return make(options);
  }) as Partial<Options> extends Options ? (options?: Options) => Made : (options: Options) => Made;
}
