/**
 * @file Options of the library's functions: a name that there is none of is refused, with the one that was probably meant; so is a value
 * that is not of the option's kind.
 */
import { check, described, type Kind, object, optional, type RequiredKind } from './arguments.ts';
import { InputError } from './errors.ts';
import { nearest } from './nearest.ts';

/** All names of an options type, each with what it has to be; one that is missing here, or need not be given and must, does not compile. */
export type Names<Options> = {
  readonly [Name in keyof Options]-?: undefined extends Options[Name] ? Kind : RequiredKind;
};

/** @throws InputError when `options` is no object, has a name that is none of `names`, a value that is not of its kind, or not one that it must have */
export function checkNames<Options>(what: string, options: Options | undefined, names: Names<Options>): void {
  const given = (options ?? {}) as Readonly<Record<string, unknown>>;
  if (options === null || object.fault(given, '')) {
    throw new InputError(`${what}: expected an object of options, found ${described(options)}`);
  }
  const known = Object.keys(names);
  const wrong = Object.keys(given).find((name) => !known.includes(name));
  if (wrong !== undefined) {
    const near = nearest(wrong, known);
    throw new InputError(
      `${what}: unknown option "${wrong}"; ${near ? `did you mean "${near}"?` : `there are ${known.join(', ')}`}`,
    );
  }
  for (const [name, kind] of Object.entries<Kind | RequiredKind>(names))
    check(what, { [name]: [given[name], 'required' in kind ? kind : optional(kind)] });
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
