/** @file The pairwise network of Hopfield (1982) as typed arrays: E(x) = -1/2 x'Wx, field h = Wx. */
import type { BitNetwork } from './dynamics.ts';

/**
 * A network of d units -1/+1 with symmetric weights [d, d]. A unit wants to flip when its field h_i = sum_j w_ij x_j has
 * the other sign. A flip costs d additions: h <- h + 2 x_i W[:, i], with x_i the new value.
 *
 * The energy never rises along asynchronous recall when the diagonal is zero or positive: a flip of unit i changes it by
 * 2 x_i h_i - 2 w_ii, with x_i and h_i from before the flip.
 */
export function pairwiseNetwork(weights: Float32Array, d: number): BitNetwork {
  const fields = new Float64Array(d);
  const ties = tieWidths(weights, d);
  let state = new Int8Array(d);
  const addRow = (i: number, factor: number) => {
    for (let k = 0, w = i * d; k < d; k++, w++) fields[k] += factor * weights[w];
  };
  return {
    d,
    load(start) {
      state = start;
      fields.fill(0);
      for (let i = 0; i < d; i++) addRow(i, state[i]);
    },
    wantsFlip: (i) => fields[i] * state[i] < -ties[i],
    flip(i) {
      state[i] = -state[i];
      addRow(i, 2 * state[i]);
    },
    energy() {
      let sum = 0;
      for (let i = 0; i < d; i++) sum += state[i] * fields[i];
      return -sum / 2;
    },
  };
}

/**
 * A field this near to zero is a tie. Weights of float32 are off by up to 2^-24 of their size, so a field that is zero by
 * its rule (k patterns against k, over a d that is no power of two) comes out as up to 2^-24 sum_j |w_ij|.
 */
function tieWidths(weights: Float32Array, d: number): Float64Array {
  const widths = new Float64Array(d);
  for (let i = 0; i < d; i++) {
    let sum = 0;
    for (let j = 0; j < d; j++) sum += Math.abs(weights[i * d + j]);
    widths[i] = sum * 2 ** -23;
  }
  return widths;
}
