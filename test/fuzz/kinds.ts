/** @file The kinds of random functions by name. */
import { energyFunction } from './random-energy.ts';
import { type RandomFunction, roughFunction, smoothFunction } from './random-expression.ts';

export type Kind = 'rough' | 'smooth' | 'energy';

export const kinds: Record<Kind, (seed: number) => RandomFunction> = {
  /** Any operations, types and shapes. */
  rough: roughFunction,
  /** Smooth operations, with derivatives to third order. */
  smooth: smoothFunction,
  /** Random energies under random rules, with the meta-gradient. */
  energy: energyFunction,
};
