/**
 * @file The general energy of universal Hopfield networks and the two-layer dynamics that never raises it (Millidge et al.
 * 2022, after Krotov and Hopfield, "Large associative memory problem in neurobiology and machine learning", 2021).
 *
 * Feature neurons v have the activation g = dL_v/dv, memory neurons h the activation f = dL_h/dh, the separation:
 *
 *     E(v, h) = sum_i (v_i - I_i) g_i - L_v + sum_mu h_mu f_mu - L_h - sum_mu f_mu sim_mu(g)
 *     tau_h dh/dt = sim(g) - h,     tau_v dv/dt = I - v + sum_mu f_mu dsim_mu/dg
 *     dE/dt = -tau_v v'H_v v' - tau_h h'H_h h' <= 0, with H the Hessians of the convex Lagrangians.
 *
 * For the dot product the second line projects through the memories themselves, and the Euler step dt = tau_v at tau_h = 0
 * is the network's single update. For the others it projects through the slope of the similarity: the flow has other fixed
 * points than the update z = P sep(sim(M, q)), for the squared distance (2/3) sum_mu f_mu xi_mu where f sums to one. The
 * energy of `log-sum-exp.ts` has minima near the memories for every distance.
 */

import { InputError } from '../errors.ts';
import { softplus } from '../softplus.ts';
import { type SeparationName, separationParameter, separations } from './separations.ts';
import type { Comparison, Numbers } from './similarities.ts';

type Vector = Numbers;

/** A layer of feature neurons: its Lagrangian, entry by entry, and the gradient. */
interface FeatureLayer {
  lagrangian(v: number): number;
  activation(v: number): number;
}

/** `identity` is the network's own; `sigmoid` keeps g in (0, 1), where the divergences live. */
export type FeatureName = 'identity' | 'tanh' | 'sigmoid';

export const featureLayers: Record<FeatureName, FeatureLayer> = {
  identity: { lagrangian: (v) => (v * v) / 2, activation: (v) => v },
  // log cosh v, without overflow
  tanh: { lagrangian: (v) => softplus(2 * v) - v - Math.LN2, activation: Math.tanh },
  sigmoid: { lagrangian: softplus, activation: (v) => 1 / (1 + Math.exp(-v)) },
};

export interface DynamicsOptions {
  separation: SeparationName;
  parameter?: number;
  /** Default `identity`. */
  features?: FeatureName;
  /** Time constants, default 1. tauH = 0: memory neurons follow at once, h = sim(g). */
  tauV?: number;
  tauH?: number;
  /** Input currents I [d], default none. */
  input?: Vector;
}

/** v [d], h [memories]. */
export interface State {
  v: Float64Array;
  h: Float64Array;
}

export interface Dynamics {
  /** h = sim(g(v)): where the memory neurons come to rest. */
  rest(v: Vector): Float64Array;
  energy(state: State): number;
  /** (dv/dt, dh/dt); with tauH = 0 dh/dt is zero and the state's h is not used. */
  flow(state: State): State;
  /**
   * Runge-Kutta steps of fourth order from a state, [steps + 1] states and energies from the first on. Energies never rise
   * but for the error of a step, which falls with dt^4.
   */
  simulate(start: State, dt: number, steps: number): { states: State[]; energies: number[] };
}

/**
 * The dynamics of the memories in a comparison.
 * @throws InputError for a similarity without gradient, an unknown separation, or a bad parameter
 */
export function dynamics(comparison: Comparison, options: DynamicsOptions): Dynamics {
  const { separation, features = 'identity', tauV = 1, tauH = 1, input } = options;
  const { d } = comparison;
  const parameter = separationParameter(separation, options.parameter);
  const { lagrangian, activation } = separations[separation];
  const layer = featureLayers[features];
  if (!layer) {
    throw new InputError(
      `unknown features "${features}"; there are ${Object.keys(featureLayers).join(', ')}`,
    );
  }
  if (!(tauV > 0 && tauH >= 0)) throw new InputError(`time constants ${tauV}, ${tauH}, expected above 0`);
  // Asked once here, so that a similarity without gradient is refused before anything runs.
  comparison.pull(new Float64Array(d), new Float64Array(comparison.count), new Float64Array(d));
  const current = (i: number) => input?.[i] ?? 0;
  const outputs = (v: Vector) => Float64Array.from(v, layer.activation);
  const rest = (v: Vector) => comparison.scores(outputs(v));
  const settled = ({ v, h }: State) => (tauH === 0 ? rest(v) : h);

  const energy = (state: State) => {
    const { v } = state;
    const h = settled(state);
    const g = outputs(v);
    const f = activation(h, parameter);
    const similarity = tauH === 0 ? h : comparison.scores(g);
    let sum = -lagrangian(h, parameter);
    for (let i = 0; i < d; i++) sum += (v[i] - current(i)) * g[i] - layer.lagrangian(v[i]);
    for (let mu = 0; mu < h.length; mu++) sum += f[mu] * (h[mu] - similarity[mu]);
    return sum;
  };
  const flow = (state: State): State => {
    const { v } = state;
    const h = settled(state);
    const g = outputs(v);
    const pull = new Float64Array(d);
    comparison.pull(g, activation(h, parameter), pull);
    const similarity = tauH === 0 ? h : comparison.scores(g);
    return {
      v: pull.map((value, i) => (current(i) - v[i] + value) / tauV),
      h: tauH === 0 ? new Float64Array(h.length) : h.map((value, mu) => (similarity[mu] - value) / tauH),
    };
  };
  const moved = ({ v, h }: State, by: State, dt: number): State => ({
    v: v.map((value, i) => value + dt * by.v[i]),
    h: h.map((value, mu) => value + dt * by.h[mu]),
  });
  return {
    rest,
    energy,
    flow,
    simulate(start, dt, steps) {
      const states = [start];
      for (let step = 0; step < steps; step++) {
        const at = states[step];
        const k1 = flow(at);
        const k2 = flow(moved(at, k1, dt / 2));
        const k3 = flow(moved(at, k2, dt / 2));
        const k4 = flow(moved(at, k3, dt));
        const mean = moved(moved(moved(moved(at, k1, dt / 6), k2, dt / 3), k3, dt / 3), k4, dt / 6);
        states.push(mean);
      }
      return { states, energies: states.map(energy) };
    },
  };
}

/** E(x) = |x|^2 / 2 - L_h(sim(x)): the energy with identity features, no input, and memory neurons at rest. */
export function restEnergy(
  comparison: Comparison,
  separation: SeparationName,
  parameter?: number,
): (x: Vector) => number {
  const { energy } = dynamics(comparison, { separation, parameter, tauH: 0 });
  return (x) => energy({ v: Float64Array.from(x), h: new Float64Array(comparison.count) });
}
