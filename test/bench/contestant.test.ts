import { expect, test } from 'vitest';
import { lastLine, start } from '../../bench/contestant.ts';
import { InputError } from '../../src/errors.ts';

/** A contestant of a few lines of JavaScript. */
const made = (script: string, limit = 50) => start(process.execPath, ['-e', script], limit);

const READY = `console.log(JSON.stringify({ compile: 1, losses: [2, 1], norm: 3, peak: 4, versions: {} }));`;
const ANSWERS = `require('readline').createInterface({ input: process.stdin }).on('line', (line) =>
  console.log(JSON.stringify({ times: Array(Number(line)).fill(5), peak: 6 })));`;

test('a contestant tells of its first steps, then takes as many as it is asked for', async () => {
  const contestant = await made(READY + ANSWERS);
  expect(contestant.ready).toMatchObject({ compile: 1, losses: [2, 1], norm: 3 });
  expect(await contestant.step(3)).toEqual({ times: [5, 5, 5], peak: 6 });
  expect(await contestant.step(1)).toEqual({ times: [5], peak: 6 });
  await contestant.close();
});

test('one that does not compile in time is stopped', async () => {
  await expect(made('setTimeout(() => {}, 60_000)', 0.2)).rejects.toThrow('did not compile within 0.2 s');
});

test('one that ends early is reported with the error it named', async () => {
  await expect(made('throw new RangeError("too small")')).rejects.toThrow('RangeError: too small');
  await expect(made('')).rejects.toThrow('ended early');
});

test('one that ends while stepping is reported too', async () => {
  const contestant = await made(`${READY} process.stdin.on('data', () => process.exit(1));`);
  await expect(contestant.step(1)).rejects.toThrow('ended early');
  await contestant.close();
});

test('a program that is not there is named', async () => {
  await expect(start('/no/such/program', [], 5)).rejects.toThrow('/no/such/program');
});

test('what a contestant says of wrong input is an input error', async () => {
  const said = made(`console.log(JSON.stringify({ error: 'no such device' }))`);
  await expect(said).rejects.toThrow(InputError);
});

test('the line of a traceback that says what happened', () => {
  const python =
    'Traceback (most recent call last):\n  File "x.py", line 1, in <module>\nValueError: shapes differ\n\nNote: more\n';
  expect(lastLine(python)).toBe('ValueError: shapes differ');
  expect(lastLine('killed\n')).toBe('killed');
  expect(lastLine('')).toBe('');
});
