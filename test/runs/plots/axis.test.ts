import { describe, expect, test } from 'vitest';
import {
  type Axis,
  autoAxis,
  axisTitle,
  countAxis,
  linearAxis,
  logAxis,
  scaleNote,
} from '../../../runs/plots/axis.ts';

const labels = (axis: Axis) => axis.ticks.map(({ label }) => label).filter((label) => label !== '');

describe('linear axis', () => {
  test('starts at zero and ends at a round number', () => {
    const axis = linearAxis([3, 17.2]);
    expect([axis.min, axis.max]).toEqual([0, 20]);
    expect(labels(axis)).toEqual(['0', '5', '10', '15', '20']);
  });

  test('without zero it holds all values', () => {
    const axis = linearAxis([-140, -95], { zero: false });
    expect(axis.min).toBeLessThanOrEqual(-140);
    expect(axis.max).toBeGreaterThanOrEqual(-95);
    expect(axis.max).toBeLessThan(0);
  });

  test('has a length for one value, for zeros and for nothing', () => {
    for (const values of [[5], [0, 0], [], [Number.NaN], [-3]]) {
      for (const zero of [true, false]) {
        const axis = linearAxis(values, { zero });
        expect(axis.max).toBeGreaterThan(axis.min);
        expect(labels(axis).length).toBeGreaterThanOrEqual(2);
      }
    }
  });
});

test('a count axis starts at zero, ends at the last value and has whole ticks', () => {
  const axis = countAxis(19_750);
  expect([axis.min, axis.max]).toEqual([0, 19_750]);
  expect(labels(countAxis(3))).toEqual(['0', '1', '2', '3']);
  expect(countAxis(0).max).toBe(1);
});

describe('logarithmic axis', () => {
  test('places decades evenly and says that it is logarithmic', () => {
    const axis = logAxis([0.02, 40]);
    expect(axis.kind).toBe('log');
    expect(axis.place(10) - axis.place(1)).toBeCloseTo(axis.place(1) - axis.place(0.1));
    expect(scaleNote(axis)).toBe('log scale');
    expect(labels(axis)).toContain('0.1');
  });

  test('holds every value', () => {
    for (const values of [
      [0.02, 40],
      [1, 1],
      [3e-9, 2e9],
      [0, 5],
      [0, 0.003, 7e4],
    ]) {
      const axis = logAxis(values);
      for (const value of values) {
        expect(axis.place(value)).toBeGreaterThanOrEqual(axis.min - 1e-9);
        expect(axis.place(value)).toBeLessThanOrEqual(axis.max + 1e-9);
      }
    }
  });

  test('with zeros is linear near zero: continuous, with one slope, ever rising', () => {
    const axis = logAxis([0, 0.03, 20]);
    expect(axis.kind).toBe('symlog');
    expect(axis.linearBelow).toBe(0.01);
    expect(scaleNote(axis)).toBe('log scale above 0.01');
    expect(axis.place(0)).toBe(0);
    const h = 1e-6;
    const slope = (v: number) => (axis.place(v + h) - axis.place(v)) / h;
    expect(axis.place(0.01 + h)).toBeCloseTo(axis.place(0.01 - h), 3);
    expect(slope(0.01)).toBeCloseTo(slope(0.005), 1);
    expect(axis.place(0.02)).toBeGreaterThan(axis.place(0.01));
  });

  test('a floor keeps a lucky value from stretching it', () => {
    expect(logAxis([1e-7, 1, 20], { floor: 0.5 }).linearBelow).toBe(0.1);
  });

  test('negative values, and nothing but zeros, make it linear', () => {
    expect(logAxis([-1, 5]).kind).toBe('linear');
    expect(logAxis([0, 0]).kind).toBe('linear');
    expect(logAxis([]).kind).toBe('linear');
  });

  test('labels are no more than asked for', () => {
    expect(labels(logAxis([1e-12, 1e3], { maxTicks: 4 })).length).toBeLessThanOrEqual(4);
    expect(labels(logAxis([0.011, 900], { maxTicks: 4 })).length).toBeLessThanOrEqual(5);
  });

  test('not a number stays a gap', () => {
    expect(logAxis([1, 100]).place(Number.NaN)).toBeNaN();
    expect(logAxis([0, 1, 100]).place(Number.NaN)).toBeNaN();
  });
});

test('an automatic axis is logarithmic beyond a decade', () => {
  expect(autoAxis([2, 19]).kind).toBe('linear');
  expect(autoAxis([2, 21]).kind).toBe('log');
  expect(autoAxis([0, 2, 21]).kind).toBe('symlog');
});

test('an axis title leaves empty parts out', () => {
  expect(axisTitle('Error', 'bits', '')).toBe('Error (bits)');
  expect(axisTitle('Error', '', '')).toBe('Error');
});
