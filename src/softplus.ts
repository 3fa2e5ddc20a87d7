/** @file The softplus function of numbers, and its inverse: between what is learned of a rate and the rate. */

export const softplus = (x: number) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));

export const inverseSoftplus = (y: number) => y + Math.log(-Math.expm1(-y));
