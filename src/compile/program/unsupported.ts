/** @file How machine code says that it does not take a program: then another engine does. */

/** Thrown for a graph that holds something no machine code is written for: it runs elsewhere. */
export class Unsupported extends Error {}

/** Thrown where the system gives no memory, or lets none be executed: what was to run there runs elsewhere, if anything can. */
export class Refused extends Error {}
