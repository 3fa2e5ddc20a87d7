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
  let state: Int8Array = new Int8Array(d);
  return {
    d,
    load(start) {
      state = start;
      product(weights, state, fields);
    },
    wantsFlip: (i) => fields[i] * state[i] < -ties[i],
    flip(i) {
      const change = -2 * state[i];
      state[i] = -state[i];
      for (let k = 0, w = i * d; k < d; k++, w++) fields[k] += change * weights[w];
    },
    energy() {
      let sum = 0;
      for (let i = 0; i < d; i++) sum += state[i] * fields[i];
      return -sum / 2;
    },
  };
}

/** fields = weights times state. Four rows at a time (W is symmetric) halve the time, which is half of a recall. */
function product(weights: Float32Array, state: Int8Array, fields: Float64Array): void {
  const d = state.length;
  fields.fill(0);
  let i = 0;
  for (; i + 4 <= d; i += 4) {
    const [a, b, c, e] = [state[i], state[i + 1], state[i + 2], state[i + 3]];
    for (let k = 0, w = i * d; k < d; k++, w++) {
      fields[k] += a * weights[w] + b * weights[w + d] + c * weights[w + 2 * d] + e * weights[w + 3 * d];
    }
  }
  for (; i < d; i++) for (let k = 0, w = i * d; k < d; k++, w++) fields[k] += state[i] * weights[w];
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
