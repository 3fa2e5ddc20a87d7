/** @file Tiny archives in Omniglot's official format, made on the spot, and a table of data sets that has them. */
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encode } from 'fast-png';
import { type Zippable, zipSync } from 'fflate';
import { onTestFinished } from 'vitest';
import { stream } from '../../../src/random.ts';
import type { DataSet } from '../../../tasks/data/sets.ts';

/** A 1-bit PNG with ink where `ink(x, y)`; ink is stored as 0, as in the official files. */
export function png(ink: (x: number, y: number) => boolean, width = 105, height = 105): Uint8Array {
  const stride = Math.ceil(width / 8);
  const data = new Uint8Array(stride * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) if (!ink(x, y)) data[y * stride + (x >> 3)] |= 0x80 >> (x & 7);
  }
  return encode({ width, height, channels: 1, depth: 1, data });
}

/** A drawing unlike any other: 10 x 10 cells, each ink or paper by chance. */
export function randomPng(name: string): Uint8Array {
  const random = stream('drawing', name);
  const cells = Array.from({ length: 121 }, () => random.bit());
  return png((x, y) => cells[Math.floor(y / 10) * 11 + Math.floor(x / 10)] === 1);
}

/** An archive with two characters of `perCharacter` drawings in each alphabet; the same name makes the same drawing. */
export function archive(root: string, alphabets: string[], perCharacter = 4): Uint8Array {
  const files: Zippable = {};
  for (const alphabet of alphabets) {
    for (const character of ['character01', 'character02']) {
      files[`${root}/${alphabet}/${character}/`] = new Uint8Array();
      for (let i = 1; i <= perCharacter; i++) {
        const path = `${alphabet}/${character}/${character.slice(-2)}_${i}.png`;
        files[`${root}/${path}`] = randomPng(path);
      }
    }
  }
  return zipSync(files);
}

export function md5(bytes: Uint8Array): string {
  return createHash('md5').update(bytes).digest('hex');
}

/** Two small archives with one alphabet in common: Greek. 8 drawings an alphabet. */
export const SMALL_ARCHIVES: Record<string, Uint8Array> = {
  'images_background_small1.zip': archive('images_background_small1', ['Balinese', 'Greek', 'Korean']),
  'images_background_small2.zip': archive('images_background_small2', ['Greek', 'Sanskrit', 'Tagalog']),
};

/** A table with one set, omniglot, of the files given; `md5s` overrides checksums. */
export function tableOf(
  files: Record<string, Uint8Array>,
  { base = 'http://127.0.0.1:1', md5s = {} as Record<string, string> } = {},
): DataSet[] {
  return [
    {
      name: 'omniglot',
      about: 'made for a test',
      files: Object.entries(files).map(([name, bytes]) => ({
        name,
        url: `${base}/${name}`,
        md5: md5s[name] ?? md5(bytes),
        bytes: bytes.length,
      })),
    },
  ];
}

/** A folder that lives as long as the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'ebmm-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A data directory with these files in its folder omniglot. */
export function dataDirectory(files: Record<string, Uint8Array>): string {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'omniglot'));
  for (const [name, bytes] of Object.entries(files)) writeFileSync(join(folder, 'omniglot', name), bytes);
  return folder;
}
