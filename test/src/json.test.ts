import { expect, test } from 'vitest';
import { InputError } from '../../src/errors.ts';
import { parseJson } from '../../src/json.ts';

test.each([
  ['{"seed": 1, "seed": 2}', 'seed'],
  ['{"a": {"b": 1}, "training": {"steps": 1, "x": [1, {"y": 2}], "steps" : 3}}', 'training.steps'],
  ['[{"a": 1}, {"a": 1, "\\u0061": 2}]', 'a'],
  ['{"\\"": 1, "b": "}", "\\"": 2}', '"'],
])('%s has a key twice', (text, key) => {
  expect(() => parseJson(text, 'x.json')).toThrow(
    new InputError(`x.json: "${key}" stands there twice, expected once`),
  );
});

test.each([
  '{"a": {"a": 1}, "b": ["a", "a", {"a": "a"}, {"a": ":"}], "c": "\\"a\\":"}',
  '["a", "a"]',
  '"a"',
  '\ufeff{"a": "{\\"b\\": 1, \\"b\\": 2}"}',
])('%s has none', (text) => {
  expect(parseJson(text, 'x.json')).toEqual(JSON.parse(text.replace('\ufeff', '')));
});
