/** @file Kinds of numbers in a configuration. */
import { z } from 'zod';

/** Sizes of more than a million are slips; so are loops of more than a thousand steps, which are traced step by step. */
export const whole = (low: number, high = 1_000_000) => z.number().int().min(low).max(high);
export const loops = (low: number) => whole(low, 1000);
export const unbounded = (low: number) => whole(low, Number.MAX_SAFE_INTEGER);
export const widths = z.array(whole(1)).min(1);
/** Between 0 and 1, neither. */
export const unit = z.number().gt(0).lt(1);
