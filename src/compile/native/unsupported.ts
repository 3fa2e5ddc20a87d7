/** Thrown for a graph that holds something no machine code is written for: it runs elsewhere. */
export class Unsupported extends Error {}
