/** @file Options of the library's functions: a name that there is none of is refused, with the one that was probably meant. */
import { InputError } from './errors.ts';
import { nearest } from './nearest.ts';

/** All names of an options type; one that is missing here does not compile. */
export type Names<Options> = { readonly [Name in keyof Required<Options>]: true };

/** @throws InputError when `options` is no object, or has a name that is none of `names` */
export function checkNames<Options>(what: string, options: Options | undefined, names: Names<Options>): void {
  if (options === undefined) return;
  if (typeof options !== 'object' || options === null)
    throw new InputError(`${what}: expected an object of options, found ${String(options)}`);
  const known = Object.keys(names);
  const wrong = Object.keys(options).find((name) => !known.includes(name));
  if (wrong === undefined) return;
  const near = nearest(wrong, known);
  throw new InputError(
    `${what}: unknown option "${wrong}"; ${near ? `did you mean "${near}"?` : `there are ${known.join(', ')}`}`,
  );
}

/** A function of options that refuses unknown ones. */
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
