/** @file Where data may come from: handed in by the command, so that nothing below reads the environment. */

import * as args from '../../src/arguments.ts';

export interface DataSource {
  /** A folder the user named. Its files are used unchanged, and nothing is downloaded. */
  directory?: string;
  /** The cache folder: downloads, and sets decoded from them. Made when first written to. */
  cache: string;
  /** For downloads; the global `fetch` by default. */
  fetch?: typeof fetch;
  /** Gets a line of progress now and then, without a newline. */
  report?: (line: string) => void;
}

export const SOURCE = args.fields(
  {
    directory: args.optional(args.text),
    cache: args.text,
    fetch: args.optional(args.callable),
    report: args.optional(args.callable),
  },
  "where data come from: { cache: FOLDER }, '' where none are read",
);
