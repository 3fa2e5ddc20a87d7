/** @file The one error class for input a user can mend: its message is one line, and commands exit with status 2. */
import { printable } from './printable.ts';

/** Bad input (configuration, file, argument, network). `message` is one line: what is wrong, where, what was expected. */
export class InputError extends Error {
  override name = 'InputError';

  constructor(message: string, options?: ErrorOptions) {
    super(
      printable((typeof message === 'string' ? message : typeof message).replace(/\s*\n\s*/g, ' ')),
      options,
    );
  }
}
