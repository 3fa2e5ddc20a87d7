/** @file Options of the task `files`: patterns of one's own. What is left out is read off the data. */
import { z } from 'zod';
import { augmentOption } from '../augment.ts';

const files = z.array(z.string().min(1)).min(1).optional();
const size = z.int().min(1).max(1_000_000);

export const filesOptions = z.strictObject({
  train: files.describe('files of patterns for training; default: none, for a task that is only evaluated'),
  validation: files.describe('likewise; default: a tenth of train, drawn by the seed'),
  test: files.describe('likewise; default: a tenth of train, drawn by the seed'),
  array: z
    .string()
    .optional()
    .describe('which array of an .npz or tensor of a .safetensors file; default: the only one'),
  shape: z
    .array(size)
    .min(1)
    .max(4)
    .optional()
    .describe('of one pattern: [d], or [height, width, channels] of an image; default: that of the data'),
  range: z
    .tuple([z.number(), z.number()])
    .optional()
    .describe('of the values in the files, which becomes 0 to 1; default: read off the data'),
  values: z
    .enum(['bits', 'numbers'])
    .optional()
    .describe('bits: either end of the range; default: bits where the data hold no other values'),
  size: z
    .union([size, z.tuple([size, size])])
    .optional()
    .describe('side, or height and width, that pictures are resized to; default: they must be of one size'),
  colour: z
    .enum(['grey', 'rgb'])
    .optional()
    .describe('channels of pictures; default: grey where all of them are grey'),
  augment: augmentOption.describe(
    'images: as of omniglot; "mixed" puts a part of another picture in, where they are no drawings, and so does "warped"',
  ),
  seed: z.int().min(0).default(0).describe('of the splits that are drawn'),
  duplicates: z
    .enum(['report', 'refuse'])
    .default('report')
    .describe('what is done about patterns of validation or test that train has too'),
});

export type FilesOptions = z.input<typeof filesOptions>;
export type ParsedFiles = z.output<typeof filesOptions>;
