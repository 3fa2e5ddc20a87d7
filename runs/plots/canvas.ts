/**
 * @file The canvas that charts are drawn on. chartjs-node-canvas asks for the package `canvas`, whose binary a script fetches
 * at installation, where that may; @napi-rs/canvas answers the same calls and comes whole from the registry.
 */
import Module, { createRequire } from 'node:module';

interface Resolver {
  _resolveFilename(request: string, ...rest: unknown[]): string;
}

/** Runs a step in which `require('canvas')` gives @napi-rs/canvas. */
export function withOwnCanvas<T>(step: () => T): T {
  const resolver = Module as unknown as Resolver;
  const original = resolver._resolveFilename;
  const own = createRequire(import.meta.url).resolve('@napi-rs/canvas');
  resolver._resolveFilename = (request, ...rest) =>
    request === 'canvas' ? own : original.call(resolver, request, ...rest);
  try {
    return step();
  } finally {
    resolver._resolveFilename = original;
  }
}
