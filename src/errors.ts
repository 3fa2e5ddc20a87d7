/** @file The one error class for input a user can mend: its message is one line, and commands exit with status 2. */

/** Bad input (configuration, file, argument, network). `message` is one line: what is wrong, where, what was expected. */
export class InputError extends Error {
  override name = 'InputError';

  constructor(message: string, options?: ErrorOptions) {
    super(
      (typeof message === 'string' ? message : typeof message)
        .replace(/\s*\n\s*/g, ' ')
        .replace(/\p{Cc}/gu, escaped),
      options,
    );
  }
}

/** What a terminal would take for a command. */
const escaped = (c: string) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`;
