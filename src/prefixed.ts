/** @file Names of several kinds in one record: parameters, moments and states beside each other. */

/** The same values, `prefix` before each name. */
export const prefixed = <T>(prefix: string, values: Record<string, T>): Record<string, T> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [prefix + name, value]));
