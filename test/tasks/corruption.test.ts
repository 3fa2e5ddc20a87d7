import { describe, expect, test } from 'vitest';
import { InputError } from '../../src/errors.ts';
import { stream } from '../../src/random.ts';
import { corruptionHelp, corruptionNames, parseCorruption } from '../../tasks/corruption.ts';

const vector = { patternShape: [128], bitsPerValue: 1 };
const image = { patternShape: [32, 32, 1], bitsPerValue: 1 };
const picture = { patternShape: [12, 10, 1], bitsPerValue: 1 };
const photograph = { patternShape: [12, 10, 3], bitsPerValue: 8 };
type Values = typeof vector;

/** Corrupts `repeats` random patterns and shows each to `look`. */
function corrupt(
  spec: string,
  values: Values,
  repeats: number,
  look: (pattern: Float32Array, query: Float32Array, known: Float32Array) => void,
) {
  const size = values.patternShape.reduce((a, b) => a * b, 1);
  const random = stream(0, 'test', spec);
  const corruption = parseCorruption(spec, values);
  for (let r = 0; r < repeats; r++) {
    const pattern = Float32Array.from({ length: size }, () =>
      values.bitsPerValue === 1 ? random.bit() : random.uniform(),
    );
    const query = pattern.slice();
    const known = new Float32Array(size).fill(1);
    corruption.apply(query, known, random);
    look(pattern, query, known);
  }
}

const zeros = (known: Float32Array) => known.filter((value) => value === 0).length;

test.each<[string, Values, number]>([
  ['resample:64', vector, 64],
  ['resample:0', vector, 0],
  ['resample:128', vector, 128],
  ['resample:300', photograph, 300],
  ['flip:10', vector, 10],
  ['block:16', image, 256],
  ['block:32', image, 1024],
  ['block:1', image, 1],
  ['uniform-block:16', image, 256],
  ['uniform-block:10', photograph, 300],
  ['salt-pepper:0.1', vector, 13],
  ['salt-pepper:1', image, 1024],
  ['gaussian:0.5', photograph, 360],
  ['drop:0.5', vector, 64],
  ['drop:.25', image, 256],
  ['mask:0.9', vector, 115],
  ['mask:0.25', image, 256],
  ['mask:0.25', photograph, 90],
  ['half', vector, 64],
  ['half', image, 512],
  ['pixels:0.25', photograph, 90],
  ['pixels:0.1', vector, 13],
  ['pixels:1', image, 1024],
  // 12 x 10 loses 3 rows and 2 columns at each end: 6 x 6 of 3 channels are left
  ['border:0.5', photograph, 360 - 6 * 6 * 3],
  ['border:0.25', image, 1024 - 24 * 24],
  ['border:0', image, 0],
  ['border:1', image, 1024],
])(
  '%s of %o leaves exactly %i entries unknown, the rest as they were, all in [0, 1]',
  (spec, values, count) => {
    corrupt(spec, values, 20, (pattern, query, known) => {
      expect(zeros(known)).toBe(count);
      expect(known.every((value) => value === 0 || value === 1)).toBe(true);
      expect(query.every((value) => value >= 0 && value <= 1)).toBe(true);
      query.forEach((value, i) => {
        if (known[i]) expect(value).toBe(pattern[i]);
      });
    });
  },
);

test('resample redraws bits, which are then 1 half of the time and wrong half of the time', () => {
  let [ones, wrong, others] = [0, 0, 0];
  corrupt('resample:64', vector, 500, (pattern, query, known) => {
    query.forEach((value, i) => {
      if (known[i]) return;
      others += Number(value !== 0 && value !== 1);
      ones += value;
      wrong += Number(value !== pattern[i]);
    });
  });
  expect(others).toBe(0);
  // 32,000 draws: standard deviation 0.0028
  expect(Math.abs(ones / 32000 - 0.5)).toBeLessThan(0.014);
  expect(Math.abs(wrong / 32000 - 0.5)).toBeLessThan(0.014);
});

test('resample redraws intensities uniformly in [0, 1)', () => {
  const drawn: number[] = [];
  corrupt('resample:100', photograph, 100, (_, query, known) => {
    drawn.push(...query.filter((_, i) => known[i] === 0));
  });
  const mean = drawn.reduce((a, b) => a + b) / drawn.length;
  const variance = drawn.reduce((a, b) => a + (b - mean) ** 2, 0) / drawn.length;
  expect(mean).toBeCloseTo(1 / 2, 1.5);
  expect(variance).toBeCloseTo(1 / 12, 2);
});

test.each(['resample:32', 'flip:32', 'salt-pepper:0.25', 'drop:0.25'])(
  '%s chooses every entry equally often',
  (spec) => {
    const counts = new Float32Array(128);
    corrupt(spec, vector, 2000, (_, __, known) => {
      known.forEach((value, i) => {
        counts[i] += 1 - value;
      });
    });
    // binomial(2000, 1/4): 5 standard deviations are 97
    counts.forEach((count) => {
      expect(Math.abs(count - 500)).toBeLessThan(97);
    });
  },
);

test('flip turns every chosen entry over, and an intensity x into 1 - x', () => {
  corrupt('flip:10', vector, 5, (pattern, query, known) => {
    query.forEach((value, i) => {
      expect(value).toBe(known[i] ? pattern[i] : 1 - pattern[i]);
    });
  });
  corrupt('flip:360', photograph, 5, (pattern, query) => {
    query.forEach((value, i) => {
      expect(value).toBeCloseTo(1 - pattern[i], 6);
    });
  });
});

describe.each([
  ['block:5', picture, 8, 6],
  ['uniform-block:5', photograph, 8, 6],
] as const)('%s', (spec, values, heights, widths) => {
  const [height, width, channels] = values.patternShape;

  test('is one square of all channels, at every place where it fits', () => {
    const corners = new Set<number>();
    corrupt(spec, values as unknown as Values, 1000, (_, __, known) => {
      const first = Math.floor(known.indexOf(0) / channels);
      const [top, left] = [Math.floor(first / width), first % width];
      const expected = new Float32Array(height * width * channels).fill(1);
      for (let y = top; y < top + 5; y++) {
        for (let x = left; x < left + 5; x++)
          expected.fill(0, (y * width + x) * channels, (y * width + x + 1) * channels);
      }
      if (known.some((value, i) => value !== expected[i])) throw new Error(`not a square at ${top}, ${left}`);
      corners.add(first);
    });
    expect(corners.size).toBe(heights * widths);
  });
});

test('block draws bits, uniform-block numbers in [0, 1)', () => {
  let bits = 0;
  corrupt('block:16', image, 40, (_, query) => {
    bits += query.filter((value) => value !== 0 && value !== 1).length;
  });
  expect(bits).toBe(0);
  const drawn: number[] = [];
  corrupt('uniform-block:16', image, 40, (_, query, known) => {
    drawn.push(...query.filter((_, i) => known[i] === 0));
  });
  const variance = drawn.reduce((sum, value) => sum + (value - 0.5) ** 2, 0) / drawn.length;
  expect(variance).toBeCloseTo(1 / 12, 2);
});

test('gaussian noise has its standard deviation where it is not clipped', () => {
  const grey = new Float32Array(20000).fill(0.5);
  const known = new Float32Array(20000).fill(1);
  parseCorruption('gaussian:0.1', { patternShape: [20000], bitsPerValue: 8 }).apply(
    grey,
    known,
    stream(0, 'test'),
  );
  const variance = grey.reduce((sum, value) => sum + (value - 0.5) ** 2, 0) / grey.length;
  expect(Math.sqrt(variance)).toBeCloseTo(0.1, 2);
  expect(zeros(known)).toBe(20000);
});

test('drop leaves 0.5', () => {
  corrupt('drop:0.5', vector, 3, (_, query, known) => {
    expect(query.every((value, i) => known[i] === 1 || value === 0.5)).toBe(true);
  });
});

test('pixels go in all channels at once, the border from all sides', () => {
  corrupt('pixels:0.5', photograph, 5, (_, query, known) => {
    for (let pixel = 0; pixel < 120; pixel++) {
      const own = known.subarray(3 * pixel, 3 * pixel + 3);
      expect(new Set(own).size).toBe(1);
      if (own[0] === 0) expect([...query.subarray(3 * pixel, 3 * pixel + 3)]).toEqual([0, 0, 0]);
    }
  });
  corrupt('border:0.5', photograph, 1, (_, query, known) => {
    for (let y = 0; y < 12; y++) {
      for (let x = 0; x < 10; x++) {
        const inside = y >= 3 && y < 9 && x >= 2 && x < 8;
        expect(known[(y * 10 + x) * 3 + 2]).toBe(inside ? 1 : 0);
        if (!inside) expect(query[(y * 10 + x) * 3]).toBe(0);
      }
    }
  });
});

test('half and mask zero the lower rows of an image and the end of a vector', () => {
  corrupt('half', image, 3, (pattern, query, known) => {
    expect(query.slice(0, 512)).toEqual(pattern.slice(0, 512));
    expect(query.slice(512)).toEqual(new Float32Array(512));
    expect(known.slice(512)).toEqual(new Float32Array(512));
  });
  corrupt('mask:0.25', vector, 3, (pattern, query) => {
    expect(query.slice(0, 96)).toEqual(pattern.slice(0, 96));
    expect(query.slice(96)).toEqual(new Float32Array(32));
  });
});

describe('a bad spec is an InputError of one line that lists what exists', () => {
  test.each<[string, Values, RegExp]>([
    ['blur:3', vector, /invalid corruption "blur:3"; expected one of resample:N, flip:N, /],
    ['', vector, /expected one of/],
    ['constructor', vector, /expected one of/],
    ['resample:6:4', vector, /expected one of/],
    ['resample', vector, /expected resample:N with a whole number N from 0 to 128/],
    ['resample:', vector, /from 0 to 128/],
    ['resample:129', vector, /from 0 to 128 \(patterns are 128\)/],
    ['resample:-1', vector, /from 0 to 128/],
    ['resample:1.5', vector, /whole number/],
    ['resample:1e1', vector, /whole number/],
    ['flip:1025', image, /from 0 to 1024 \(patterns are 32 x 32 x 1\)/],
    ['block:0', image, /from 1 to 32/],
    ['block:33', image, /from 1 to 32/],
    ['block:11', photograph, /from 1 to 10/],
    ['block:16', vector, /"block:16" needs images, but patterns are 128; there are resample:N/],
    ['uniform-block:16', vector, /needs images/],
    ['salt-pepper:1.1', vector, /a number N from 0 to 1/],
    ['drop:NaN', vector, /from 0 to 1/],
    ['gaussian:-0.5', vector, /at least 0/],
    ['gaussian:Infinity', vector, /at least 0/],
    ['half:2', vector, /half takes no size/],
  ])('"%s"', (spec, values, message) => {
    const parse = () => parseCorruption(spec, values);
    expect(parse).toThrow(InputError);
    expect(parse).toThrow(message);
    expect(parse).toThrow(/^[^\n]+$/);
  });
});

test('the help has a line for every corruption', () => {
  const lines = corruptionHelp().split('\n');
  expect(lines).toHaveLength(corruptionNames.length);
  corruptionNames.forEach((name, i) => {
    expect(lines[i]).toMatch(new RegExp(`^${name}(:[A-Z]+)? +\\S`));
  });
});
