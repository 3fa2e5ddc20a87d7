import { createCanvas } from '@napi-rs/canvas';
import { expect, test } from 'vitest';
import { drawFrame, isWrong, layoutOf } from '../../../runs/plots/frame.ts';
import { InputError } from '../../../src/errors.ts';

function pixels(shape: number[], values: number[], stored: number[] | undefined, scale: number) {
  const layout = layoutOf(shape);
  const context = createCanvas(layout.width * scale, layout.height * scale).getContext('2d');
  drawFrame(context, layout, values, stored, 0, 0, scale);
  return (x: number, y: number) => Array.from(context.getImageData(x, y, 1, 1).data.slice(0, 3));
}

test('bit strings fold into grids about twice as wide as high', () => {
  expect(layoutOf([128])).toEqual({ kind: 'bits', width: 16, height: 8 });
  expect(layoutOf([512])).toEqual({ kind: 'bits', width: 32, height: 16 });
  expect(layoutOf([784])).toMatchObject({ width: 49, height: 16 });
  for (const n of [1, 2, 3, 7, 100, 127]) {
    const { width, height } = layoutOf([n]);
    expect(width * height).toBeGreaterThanOrEqual(n);
    expect(width * (height - 1)).toBeLessThan(n);
  }
});

test('images are grey or in colour; other shapes are bad input', () => {
  expect(layoutOf([28, 32])).toEqual({ kind: 'grey', width: 32, height: 28 });
  expect(layoutOf([28, 32, 1])).toEqual({ kind: 'grey', width: 32, height: 28 });
  expect(layoutOf([28, 32, 3])).toEqual({ kind: 'rgb', width: 32, height: 28 });
  for (const shape of [[], [4, 4, 2], [2, 2, 2, 2]]) expect(() => layoutOf(shape)).toThrow(InputError);
});

test('a grey pixel is a crisp square of its value, clipped to [0, 1]', () => {
  const at = pixels([2, 2], [0, 1, 0.5, 7], undefined, 5);
  expect([at(0, 0), at(4, 4), at(5, 0), at(9, 4), at(0, 9), at(9, 9)]).toEqual([
    [0, 0, 0],
    [0, 0, 0],
    [255, 255, 255],
    [255, 255, 255],
    [128, 128, 128],
    [255, 255, 255],
  ]);
});

test('colour pixels take three entries', () => {
  const at = pixels([1, 2, 3], [1, 0, 0, 0, 0.2, 1], undefined, 2);
  expect([at(0, 0), at(3, 1)]).toEqual([
    [255, 0, 0],
    [0, 51, 255],
  ]);
});

test('wrong bits are tinted, right ones are grey', () => {
  const at = pixels([4], [0, 1, 0, 1], [0, 1, 1, 0], 8);
  const tinted = ([r, , b]: number[]) => r - b > 50;
  const { width } = layoutOf([4]);
  const tints = [0, 1, 2, 3].map((i) => tinted(at((i % width) * 8 + 3, Math.floor(i / width) * 8 + 3)));
  expect(tints).toEqual([false, false, true, true]);
});

test('an entry is wrong on the far side of one half, and when it is not a number', () => {
  expect([
    isWrong(0.4, 0),
    isWrong(0.6, 0),
    isWrong(0.6, 1),
    isWrong(0.5, 1),
    isWrong(Number.NaN, 1),
  ]).toEqual([false, true, false, true, true]);
});
