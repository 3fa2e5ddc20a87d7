import { expect, test } from 'vitest';
import { z } from 'zod';
import { parseConfig } from '../../meta/config.ts';
import { ebmm, expectRefused } from './command.ts';

test('config PRESET prints the complete configuration, which is its own completion', async () => {
  const { status, out } = await ebmm(['config', 'demo', '--set', 'training.steps=7']);
  expect(status).toBe(0);
  const config = JSON.parse(out);
  expect(config.training).toMatchObject({ steps: 7, weight_decay: 1e-6, tolerance: 10 });
  expect(parseConfig(config, 'printed')).toEqual(config);
});

test('config --schema prints a JSON Schema that tells good configurations from bad', async () => {
  const { status, out } = await ebmm(['config', '--schema', '--json']);
  expect(status).toBe(0);
  const schema = z.fromJSONSchema(JSON.parse(out));
  const config = JSON.parse((await ebmm(['config', 'omniglot'])).out);
  expect(schema.safeParse(config).success).toBe(true);
  expect(schema.safeParse({ ...config, sed: 1 }).success).toBe(false);
  expect(schema.safeParse({ ...config, training: { steps: 0 } }).success).toBe(false);
});

test('config alone lists the presets, each with what it is; so does train --help', async () => {
  const { presets, notes } = JSON.parse((await ebmm(['config', '--json'])).out);
  expect(Object.keys(notes).sort()).toEqual([...presets].sort());
  // Help is folded to the terminal.
  const flat = (text: string) => text.replace(/\s+/g, ' ');
  const help = flat((await ebmm(['train', '--help'])).out);
  const lines = (await ebmm(['config'])).out.split('\n');
  expect(lines.length).toBe(presets.length);
  for (const name of presets) {
    const line = lines.find((each) => each.startsWith(`${name} `))!;
    expect(line).toContain(notes[name]);
    expect(help).toContain(flat(line));
  }
});

test('config --reference prints the page', async () => {
  expect((await ebmm(['config', '--reference'])).out).toContain('`training.learning_rate`');
  const { keys } = JSON.parse((await ebmm(['config', '--reference', '--json'])).out);
  expect(keys.length).toBeGreaterThan(40);
});

test.each([
  [['config', 'dmeo']],
  [['config', 'demo', '--schema']],
  [['config', '--set', 'seed=1']],
  [['config', 'demo', '--set', 'training.stpes=1']],
])('%j is refused', async (argv) => {
  expectRefused(await ebmm(argv), argv.join(' '));
});
