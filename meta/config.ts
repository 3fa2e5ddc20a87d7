/** @file The configuration of a run: one schema gives validation, defaults and types. */
import { z } from 'zod';
import * as args from '../src/arguments.ts';
import { InputError } from '../src/errors.ts';
import { corruptionSchema, taskSchemas } from '../tasks/index.ts';
import { type Description, explain } from './config-messages.ts';
import { loops, unbounded, unit, whole } from './config-numbers.ts';
import { networkSchema } from './network-config.ts';

export const configSchema = z.strictObject({
  task: taskSchemas,
  corruption: corruptionSchema.optional().describe('name:size, or a module; default: the one of the task'),
  loss: z
    .looseObject({
      file: z
        .string()
        .min(1)
        .describe(
          'a TypeScript or JavaScript module that exports a loss of recall; further keys are its options',
        ),
    })
    .optional(),
  known: z
    .boolean()
    .default(true)
    .describe('whether recall is told which entries of the query are uncorrupted'),
  network: networkSchema,
  range: z
    .tuple([z.number(), z.number()])
    .default([-1, 1])
    .describe('values that patterns are mapped to and iterates are projected to (paper: 0 to 1)'),
  write: z
    .strictObject({
      steps: loops(1).default(5).describe('gradient steps T that store a batch'),
      rates: z
        .enum(['terms', 'loss'])
        .default('terms')
        .describe('terms: a rate for each tensor and term; loss: one (paper: terms)'),
      per_step: z.boolean().default(true).describe('rates of their own for every step (paper: false)'),
      rate: z.number().positive().default(0.127).describe('initial rate (paper: 1e-4)'),
      distance: z
        .number()
        .positive()
        .optional()
        .describe('terms only: initial rate of the distance term; default: write.rate'),
      divisor: z
        .union([z.literal('patterns'), z.literal('curvature'), whole(1)])
        .default('patterns')
        .describe(
          "what the writing loss divides its sum over patterns by: their number, a constant, or the network's own bound on its curvature (key-value with writing code has one, fc-resnet and conv-resnet with a target), so that writing cannot diverge (paper: patterns)",
        ),
      momentum: unit
        .or(z.literal(0))
        .default(0)
        .describe('initial momentum of writing, learned for every step; 0: none (paper: 0)'),
      gradient_term: z
        .boolean()
        .default(true)
        .describe('whether the writing loss has alpha |grad_x E|^2 (paper: true)'),
      bits: whole(1, 16)
        .optional()
        .describe('bits in which every written number is kept, on a grid of learned step; default: float32'),
      grid: z.number().positive().max(1000).default(0.1).describe('with bits: initial step of that grid'),
      forget: unit
        .optional()
        .describe(
          'of streams: part of what has been written that is forgotten with every addition, at first; learned for every tensor; default: nothing is',
        ),
      rounded: loops(0)
        .optional()
        .describe(
          'with bits: last write steps that take their slopes at rounded weights; 0: only the result is rounded; default: all',
        ),
    })
    .prefault({}),
  read: z
    .strictObject({
      steps: loops(1).default(5).describe('gradient steps K that recall (paper: 5)'),
      rate: z.number().positive().default(1.3).describe('initial first step size'),
      decay: unit.default(0.88).describe('initial ratio of successive step sizes'),
      momentum: unit.default(0.5).describe('initial first momentum'),
      start: z
        .union([z.literal('query'), z.number()])
        .default('query')
        .describe(
          "where entries that are told to be unknown begin: at the query's value, or at this one, then learned for every entry (paper: query)",
        ),
    })
    .prefault({}),
  training: z
    .strictObject({
      steps: unbounded(1).default(300).describe('updates of the outer loop (paper: 2e6)'),
      episodes: whole(1).default(6).describe('episodes in an update'),
      parts: whole(1)
        .optional()
        .describe(
          'equal parts of an update, which workers may share; a divisor of episodes (of a diffusion model: of its batch); default: from sizes alone',
        ),
      patterns: z
        .union([whole(1), z.array(whole(1)).min(1)])
        .default(64)
        .describe('patterns stored at once; of a list, each update draws one'),
      queries: whole(1)
        .optional()
        .describe(
          'of how many of the patterns queries are read in an update, the first ones; default: of all. Where reading costs more than writing, fewer make updates cheap',
        ),
      untold: z
        .number()
        .min(0)
        .max(1)
        .default(0)
        .describe(
          'with known: share of the episodes in which recall is not told which entries are uncorrupted, so that one memory serves both',
        ),
      noise: z
        .number()
        .min(0)
        .optional()
        .describe(
          'weight, beside the loss, of the cross-entropy of what the network takes for noise (coded-slots with network.noise); default: 0',
        ),
      learning_rate: z.number().positive().default(4e-3).describe('peak rate of AdamW (paper: 5e-5)'),
      warmup: unbounded(0).default(100).describe('updates over which the rate rises'),
      decay: z.enum(['constant', 'cosine']).default('cosine').describe('what follows the warm-up'),
      final: z.number().min(0).max(1).default(0).describe('last rate of the cosine, as a part of the peak'),
      weight_decay: z.number().min(0).default(1e-6).describe('decoupled (paper: 1e-6)'),
      clip: z.number().positive().default(1).describe('greatest global norm of the gradient (paper: 0.05)'),
      average: z
        .number()
        .min(0)
        .lt(1)
        .default(0)
        .describe('decay of a moving average of the parameters, which is then what is evaluated; 0: none'),
      iterates: z
        .enum(['all', 'last', 'none'])
        .default('all')
        .describe(
          'read iterates in the loss; none: only training.noise, a cheap first stage in which nothing is stored (paper: all)',
        ),
      tolerance: unbounded(1)
        .default(10)
        .describe('updates in a row that may be lost to non-finite gradients'),
      log_every: unbounded(1).default(10).describe('updates between lines of metrics.jsonl'),
      save_every: unbounded(1).default(100).describe('updates between checkpoints'),
      validate: z
        .strictObject({
          every: unbounded(1).default(100).describe('updates between validations'),
          patterns: z
            .union([whole(1), z.array(whole(1)).min(1)])
            .optional()
            .describe('loads that are validated, each apart; default: those of training.patterns'),
          episodes: whole(1)
            .default(32)
            .describe('episodes of the validation split at each load, the same ones every time'),
          seed: unbounded(0).default(1).describe('of those episodes, not that of training'),
          patience: whole(1)
            .optional()
            .describe(
              'validations in a row without a better one that end the run; default: it has all its updates',
            ),
        })
        .optional()
        .describe('validation while training, and the best checkpoint by it; default: none'),
    })
    .prefault({}),
  seed: unbounded(0).default(0).describe('of the initial parameters and of every episode'),
});

export type Config = z.output<typeof configSchema>;
/** As a user writes it: everything but the task and the network may be left out. */
export type ConfigInput = z.input<typeof configSchema>;

/**
 * Checks a configuration and fills in the defaults.
 * @param where the file or preset, for messages
 * @throws InputError, one line: the key, what is wrong and, for a misspelt key, the right one
 */
export function parseConfig(value: unknown, where: string): Config {
  args.check('parseConfig', { where: [where, args.label] });
  const result = configSchema.safeParse(value);
  if (!result.success)
    throw new InputError(`${where}: ${explain(result.error.issues[0], value, configJsonSchema())}`);
  const config = result.data;
  const [low, high] = config.range;
  if (args.range.fault(config.range, ''))
    throw new InputError(`${where}: range is [${low}, ${high}], expected the lower value first`);
  return config;
}

/** The JSON Schema of a configuration as a user writes it. */
export function configJsonSchema(): Description {
  return z.toJSONSchema(configSchema, { io: 'input' });
}
