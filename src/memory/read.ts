/**
 * @file Reading: K steps of projected Nesterov descent on the energy recall patterns from queries (Bartunov et al. 2020,
 * equation 3 and appendix). A pure function, differentiable in everything.
 */
import * as tf from '@tensorflow/tfjs';
import { type NamedTensors, valueAndGrad } from '../autodiff/index.ts';
import type { EnergyNetwork } from '../energy/network.ts';
import { type Rule, readSchedule } from './rule.ts';

export interface ReadResult {
  /** The iterates after each of the K steps, each shaped as the queries. */
  iterates: tf.Tensor[];
  /** Energy at each look-ahead point, [episodes, patterns]: the first is that of the point where reading starts. */
  energies: tf.Tensor[];
}

/** Where reading starts: entries told to be unknown at their learned values, where there are any, everything else at the query. */
export function startOf(rule: Rule, p: NamedTensors, queries: tf.Tensor, known?: tf.Tensor): tf.Tensor {
  const start = p['rule.start'];
  if (!known || !start) return queries;
  const seen = tf.square(known);
  return tf.clipByValue(tf.add(tf.mul(queries, seen), tf.mul(start, tf.sub(1, seen))), ...rule.range);
}

/**
 * With proj clipping to the rule's range, psi_k the momenta and gamma_k the step sizes:
 * xhat = proj(x + psi_k v); v <- psi_k v - gamma_k grad_x E(xhat); x <- proj(x + v).
 * @param p the network's parameters, written, and the rule's
 * @param queries [episodes, patterns, ...patternShape]
 * @param known 1 where an entry is to stay as the query has it, 0 where it is known to be wrong, -1 where recall is told neither
 */
export function read(
  network: EnergyNetwork,
  rule: Rule,
  p: NamedTensors,
  queries: tf.Tensor,
  known?: tf.Tensor,
  steps = rule.read.steps,
): ReadResult {
  const [low, high] = rule.range;
  const project = (x: tf.Tensor) => tf.clipByValue(x, low, high);
  const free = known && tf.sub(1, tf.relu(known));
  const schedule = readSchedule(p, rule.read.steps);
  const slope = valueAndGrad((x) => network.energy(p, x));
  const iterates: tf.Tensor[] = [];
  const energies: tf.Tensor[] = [];
  let x = startOf(rule, p, queries, known);
  let v: tf.Tensor | undefined;
  for (let k = 0; k < steps; k++) {
    // Steps beyond the learned schedule repeat its last.
    const { rate, momentum } = schedule[Math.min(k, schedule.length - 1)];
    const carried = v && tf.mul(v, momentum);
    const ahead = carried ? project(tf.add(x, carried)) : x;
    const { value, grad } = slope(ahead);
    energies.push(value);
    const descent = tf.mul(free ? tf.mul(grad, free) : grad, rate);
    v = carried ? tf.sub(carried, descent) : tf.neg(descent);
    x = project(tf.add(x, v));
    iterates.push(x);
  }
  return { iterates, energies };
}
