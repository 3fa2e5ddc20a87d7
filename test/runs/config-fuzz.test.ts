/** @file A thousand mutated configurations: bad ones are refused in one line and leave no folder behind. */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseConfig } from '../../meta/config.ts';
import { type Random, stream } from '../../src/random.ts';
import { ebmm, expectRefused, folderOfFile, tiny } from './command.ts';

const folder = folderOfFile();
const file = join(folder, 'config.json');

type Json = Record<string, unknown>;

const networks: Json[] = [
  { name: 'hopfield-site', width: 4 },
  { name: 'mlp', hidden: [8], activation: 'tanh', writable: 'all' },
  { name: 'gated-recurrent', width: 8, hops: 2, memory: 4 },
];

/** A complete, valid configuration of a tiny run. */
const complete = (random: Random): Json =>
  JSON.parse(JSON.stringify(parseConfig({ ...tiny, network: networks[random.integer(3)] }, 'base')));

const pick = <T>(random: Random, list: readonly T[]): T => list[random.integer(list.length)];

/** Every place in a value: its holder and key. */
function places(value: unknown, path: string[] = []): { holder: Json; key: string; path: string[] }[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [];
  return Object.entries(value).flatMap(([key, inner]) => [
    { holder: value as Json, key, path: [...path, key] },
    ...places(inner, [...path, key]),
  ]);
}

const isNumber = (value: unknown) => typeof value === 'number';

/** Each makes a configuration bad for certain, and returns its text. */
const mutations: Record<string, (config: Json, random: Random) => string> = {
  'misspelt key': (config, random) => {
    const { holder, key } = pick(
      random,
      places(config).filter(({ path }) => path[1] !== 'linear' || path.length < 3),
    );
    const at = random.integer(key.length);
    holder[key.slice(0, at) + pick(random, ['x', 'q', '_', 'Z', '9']) + key.slice(at + 1)] = holder[key];
    delete holder[key];
    return JSON.stringify(config);
  },
  'foreign key': (config, random) => {
    const { holder } = pick(
      random,
      places(config).filter(({ path }) => path[1] !== 'linear'),
    );
    holder[pick(random, ['constructor', 'toString', 'dimensions', '', 'a.b', '💾', 'x'.repeat(300)])] = 1;
    return JSON.stringify(config);
  },
  'wrong type': (config, random) => {
    const { holder, key } = pick(random, places(config));
    holder[key] = pick<unknown>(random, [null, [{}], { name: {} }, [[]], [null], { a: 1 }]);
    return JSON.stringify(config);
  },
  'number out of range': (config, random) => {
    const { holder, key } = pick(
      random,
      places(config).filter(
        ({ holder, key, path }) =>
          isNumber(holder[key]) && path[1] !== 'linear' && !['rate', 'learning_rate', 'clip'].includes(key),
      ),
    );
    const bad = [-1, -1e300];
    // These have no upper bound, or one in real numbers.
    const open = ['deviation', 'weight_decay', 'divisor'];
    if (!open.includes(key)) bad.push(1e300);
    if (Number.isInteger(holder[key]) && !['final', ...open].includes(key)) bad.push(2.5, 2 ** 60);
    holder[key] = pick(random, bad);
    return JSON.stringify(config);
  },
  'not a number': (config, random) => {
    const { holder, key } = pick(
      random,
      places(config).filter(({ holder, key }) => isNumber(holder[key])),
    );
    holder[key] = '@';
    return JSON.stringify(config).replace('"@"', pick(random, ['NaN', '1e999', 'Infinity', '"7"', '0x10']));
  },
  'cut off': (config, random) => {
    const text = JSON.stringify(config);
    return text.slice(0, random.integer(text.length));
  },
  'nothing known': (config, random) => {
    delete config[pick(random, ['task', 'network'])];
    return JSON.stringify(config);
  },
  'unknown name': (config, random) => {
    const union = config[pick(random, ['task', 'network'])] as Json;
    union.name = pick<unknown>(random, ['', 'binarx', 'constructor', '__proto__', 7, null, ['binary']]);
    return JSON.stringify(config);
  },
  'unknown corruption': (config, random) => {
    config.corruption = pick(random, [
      '',
      ':',
      'resample',
      'resample:',
      'resample:17',
      'x:1',
      'flip:-1',
      'flip:1e9',
    ]);
    return JSON.stringify(config);
  },
  'too large': (config, random) => {
    config.network = pick<Json>(random, [
      { name: 'mlp', hidden: [1e6, 1e6] },
      { name: 'hopfield-site', width: 1e6 },
      { name: 'gated-recurrent', width: 1e6 },
      { name: 'convolutional' },
      { name: 'key-value' },
      { name: 'mlp', writable: [9] },
      { name: 'custom', file: '/nonexistent.ts' },
    ]);
    return JSON.stringify(config);
  },
};

test.each(Object.keys(mutations))('100 configurations with: %s', async (kind) => {
  const out = join(folder, kind);
  for (let i = 0; i < 100; i++) {
    const random = stream('fuzz', kind, i);
    const text = mutations[kind](complete(random), random);
    writeFileSync(file, text);
    expectRefused(await ebmm(['train', file, '--out', out]), text);
    expect(existsSync(out), text).toBe(false);
  }
});

test('200 configurations with random bytes are refused or complete, never an internal error', async () => {
  for (let i = 0; i < 200; i++) {
    const random = stream('fuzz', 'bytes', i);
    const bytes = Buffer.from(JSON.stringify(complete(random)));
    for (let n = 0; n <= random.integer(3); n++) bytes[random.integer(bytes.length)] = random.integer(256);
    writeFileSync(file, bytes);
    const outcome = await ebmm(['config', file]);
    if (outcome.status === 0) expect(() => parseConfig(JSON.parse(outcome.out), 'again')).not.toThrow();
    else expectRefused(outcome, bytes.toString());
  }
});

test.each([
  '__proto__.x=1',
  'training.__proto__.x=1',
  'constructor.prototype.x=1',
  '..=1',
  '=1',
  'a',
  'training=[]',
])('--set %s is refused and changes no prototype', async (change) => {
  expectRefused(await ebmm(['config', 'demo', '--set', change]), change);
  expect(({} as Json).x).toBeUndefined();
});
