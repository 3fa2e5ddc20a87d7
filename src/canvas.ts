/**
 * @file @napi-rs/canvas, asked for when something is drawn or decoded: its binary comes as an optional dependency, and what needs no
 * pictures works without it.
 */
import { createRequire } from 'node:module';
import { FileError } from './files.ts';

type Canvas = typeof import('@napi-rs/canvas');

/** Pictures cannot be drawn here. */
export class NoCanvas extends FileError {
  override name = 'NoCanvas';
}

/** @throws NoCanvas where it, or its binary for this machine, is not installed */
export function canvas(): Canvas {
  try {
    return createRequire(import.meta.url)('@napi-rs/canvas');
  } catch (error) {
    throw new NoCanvas(
      'no pictures without the package @napi-rs/canvas and its binary for this machine, an optional dependency: npm install --include=optional',
      { cause: error },
    );
  }
}

export const createCanvas: Canvas['createCanvas'] = ((...size: [number, number]) =>
  canvas().createCanvas(...size)) as Canvas['createCanvas'];
