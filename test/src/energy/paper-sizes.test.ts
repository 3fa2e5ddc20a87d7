import { describe, expect, test } from 'vitest';
import {
  convResnet,
  fcResnet,
  gatedRecurrent,
  hopfieldSite,
  writableFloats,
} from '../../../src/energy/index.ts';

/** Memory sizes as Bartunov et al. 2020 count them (FACTS: 8,256; 257 d; 1154 d; 18,448). */
describe("writable floats of the paper's architectures", () => {
  test('gated recurrent network of 128 bits', () => {
    expect(writableFloats(gatedRecurrent({ patternShape: [128] }))).toBe(8256);
  });

  test.each([12, 16, 20, 32, 42, 54, 64])('fully connected memory of %i outputs', (d) => {
    expect(writableFloats(fcResnet({ patternShape: [32, 32, 1], memory: d }))).toBe(257 * d);
  });

  test.each([2, 3, 4, 8, 10, 12, 14])('convolutional memory of %i channels', (d) => {
    expect(writableFloats(convResnet({ patternShape: [32, 32, 3], memory: d }))).toBe(1154 * d);
  });

  test('64x64 images', () => {
    const network = convResnet({
      patternShape: [64, 64, 3],
      channels: [64, 64],
      width: 256,
      memory: 8,
      downscale: 2,
    });
    expect(writableFloats(network)).toBe(18448);
  });

  test("the site-function energy has as many as the paper's", () => {
    expect(writableFloats(hopfieldSite({ patternShape: [128] }))).toBe(8256);
  });
});
