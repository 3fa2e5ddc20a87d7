import { expect, test } from 'vitest';
import { joinParts, shorten, textWidth } from '../../../runs/plots/text.ts';

test('text is set in the font that comes with the project, not in one of the machine', () => {
  // Inter 4.1, by its own advance widths.
  expect(textWidth('Hello 123', 24)).toBeCloseTo(103.82, 1);
  expect(textWidth('Hello 123', 24, 600)).toBeCloseTo(105.68, 1);
});

test('long names lose their middle', () => {
  const name = 'runs/out/2024-05-01-binary-128-site-function-width-16';
  const short = shorten(name, 200, 13);
  expect(textWidth(short, 13)).toBeLessThanOrEqual(200);
  expect(short).toMatch(/^runs.*….*16$/);
  expect(shorten('short', 200, 13)).toBe('short');
});

test('remarks are set in as few lines as they need', () => {
  expect(joinParts(['one', '', 'two'], 400, 13)).toEqual(['one · two']);
  const lines = joinParts(Array(12).fill('a remark of some length'), 400, 13);
  expect(lines.length).toBeGreaterThan(3);
  expect(lines.every((line) => textWidth(line, 13) <= 400)).toBe(true);
});
