/** @file The modern continuous Hopfield network as typed arrays (Ramsauer et al. 2020, eq. 2 and 3). */
import { alignTraces } from './dynamics.ts';

/** s_mu = m_mu . x, or m_mu . x - |m_mu|^2 / 2, which ranks patterns by their distance from x. */
export type Similarity = 'dot' | 'euclidean';

export interface ModernNetwork {
  readonly d: number;
  /** out [d] = M' softmax(beta s(x)), for x [d]. Returns the energy of x, which costs nothing more. */
  update(x: ArrayLike<number>, out: Float64Array): number;
  energy(x: ArrayLike<number>): number;
  /** Index of the most similar pattern, the first of equals. */
  nearest(x: ArrayLike<number>): number;
  /** Pattern mu [d]. */
  pattern(mu: number): Float32Array;
}

/**
 * Patterns m_mu are the rows of M [count, d], any real values; beta > 0. With lse(z) = (1/beta) log sum_mu exp(beta z_mu),
 *
 *     dot:        E(x) = -lse(M x) + |x|^2 / 2 + log(count) / beta + max_mu |m_mu|^2 / 2
 *     euclidean:  E(x) = -lse(M x - |m|^2 / 2) + |x|^2 / 2 + log(count) / beta
 *
 * The constants are the paper's and keep E >= 0. An update never raises E (it minimises |x|^2 / 2 plus the tangent of the
 * concave rest), also where some entries of x are held fixed, since that bound has no terms between entries.
 * Exponentials are taken relative to the largest, so any beta is safe.
 */
export function modernNetwork(
  patterns: Float32Array,
  count: number,
  d: number,
  beta: number,
  similarity: Similarity = 'dot',
): ModernNetwork {
  const halfNorms = Float64Array.from({ length: count }, (_, mu) => {
    let sum = 0;
    for (let k = mu * d; k < (mu + 1) * d; k++) sum += patterns[k] * patterns[k];
    return sum / 2;
  });
  const euclidean = similarity === 'euclidean';
  const constant = Math.log(count) / beta + (euclidean ? 0 : halfNorms.reduce((a, b) => Math.max(a, b), 0));
  const similarities = new Float64Array(count);

  /** Fills `similarities` and returns the index of the largest. */
  const compare = (x: ArrayLike<number>): number => {
    let best = 0;
    for (let mu = 0; mu < count; mu++) {
      let sum = euclidean ? -halfNorms[mu] : 0;
      for (let i = 0, k = mu * d; i < d; i++, k++) sum += patterns[k] * x[i];
      similarities[mu] = sum;
      if (sum > similarities[best]) best = mu;
    }
    return best;
  };
  /** Turns `similarities` into exp(beta (s - top)) and returns their sum. */
  const exponentiate = (top: number): number => {
    let sum = 0;
    for (let mu = 0; mu < count; mu++) {
      similarities[mu] = Math.exp(beta * (similarities[mu] - top));
      sum += similarities[mu];
    }
    return sum;
  };
  const energyOf = (x: ArrayLike<number>, top: number, sum: number): number => {
    let norm2 = 0;
    for (let i = 0; i < d; i++) norm2 += x[i] * x[i];
    return -top - Math.log(sum) / beta + norm2 / 2 + constant;
  };
  return {
    d,
    update(x, out) {
      const top = similarities[compare(x)];
      const sum = exponentiate(top);
      const energy = energyOf(x, top, sum);
      out.fill(0);
      for (let mu = 0; mu < count; mu++) {
        const weight = similarities[mu] / sum;
        // Most weights are tiny at a useful beta; one below 1e-20 cannot change a sum of float64.
        if (weight < 1e-20) continue;
        for (let i = 0, k = mu * d; i < d; i++, k++) out[i] += weight * patterns[k];
      }
      return energy;
    },
    energy(x) {
      const top = similarities[compare(x)];
      return energyOf(x, top, exponentiate(top));
    },
    nearest: compare,
    pattern: (mu) => patterns.subarray(mu * d, (mu + 1) * d),
  };
}

export interface ModernRecallOptions {
  /** [queries, d], nonzero where an entry is known; such entries keep the query's value. */
  known?: ArrayLike<number>;
  /** Greatest number of updates. */
  steps: number;
  /** `nearest` ends with the most similar pattern itself. Default `soft`. */
  finish?: 'soft' | 'nearest';
}

export interface ModernRecall {
  /** [queries, d]. */
  states: Float32Array;
  /** energies[k][q]: energy of query q after k updates; a query that has stopped repeats its last energy. */
  energies: number[][];
  /** Most updates made for any query, not counting the one that changed nothing. */
  steps: number;
  /** Per query: whether an update changes no entry by more than 1e-6. */
  converged: boolean[];
}

/** An update that moves no entry further than this has arrived: float32 has no more digits for entries of size 1. */
const arrived = 1e-6;

/** Recalls from queries [queries, d], which are not changed. */
export function recallModern(
  network: ModernNetwork,
  queries: Float32Array,
  options: ModernRecallOptions,
): ModernRecall {
  const { known, steps: limit, finish = 'soft' } = options;
  const { d } = network;
  const states = queries.slice();
  const next = new Float64Array(d);
  const traces: number[][] = [];
  const converged: boolean[] = [];
  for (let q = 0; q < queries.length / d; q++) {
    const isKnown = (i: number) => Boolean(known?.[q * d + i]);
    const x = Float64Array.from(queries.subarray(q * d, (q + 1) * d));
    const trace: number[] = [];
    let change: number;
    for (;;) {
      trace.push(network.update(x, next));
      change = 0;
      for (let i = 0; i < d; i++) {
        if (isKnown(i)) next[i] = x[i];
        change = Math.max(change, Math.abs(next[i] - x[i]));
      }
      if (change <= arrived || trace.length > limit) break;
      x.set(next);
    }
    const answer = finish === 'nearest' ? network.pattern(network.nearest(x)) : x;
    for (let i = 0; i < d; i++) if (!isKnown(i)) states[q * d + i] = answer[i];
    traces.push(trace);
    converged.push(change <= arrived);
  }
  return { states, converged, ...alignTraces(traces) };
}
