/** @file Pictures of a run as PNG bytes: pure functions of its records, the same bytes for the same input. */
export { type EnergyTraceOptions, energyTrace } from './energy-trace.ts';
export type { ErrorScale } from './error-chart.ts';
export { filmstrip } from './filmstrip.ts';
export { learningCurve, type Run } from './learning-curve.ts';
export { errorAgainstPatterns, type LoadCurveOptions, type PublishedCurve } from './load-curve.ts';
export { bitsDistortion, type RateDistortionOptions, rateDistortion } from './rate-distortion.ts';
export type { Format } from './surface.ts';
