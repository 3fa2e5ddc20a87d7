/** @file The configuration of a run: one schema gives validation, defaults and types. */
import { z } from 'zod';
import { siteFeatures, slotSeparations, slotSimilarities } from '../src/energy/index.ts';
import { InputError } from '../src/errors.ts';
import { nearest } from '../src/nearest.ts';
import { fastWeightRules } from '../src/rivals/index.ts';
import { corruptionSchema, taskSchemas } from '../tasks/index.ts';
import { scoreNetworkSchemas } from './diffusion-config.ts';

export { nearest };

/** Sizes of more than a million are slips; so are loops of more than a thousand steps, which are traced step by step. */
const whole = (low: number, high = 1_000_000) => z.number().int().min(low).max(high);
const loops = (low: number) => whole(low, 1000);
const unbounded = (low: number) => whole(low, Number.MAX_SAFE_INTEGER);
const widths = z.array(whole(1)).min(1);

/** Keys of both of the paper's networks for images, after those of their own. */
const residual = {
  hops: loops(0).default(3).describe('updates of the recurrence (paper: 3)'),
  hidden: whole(1).default(256).describe('units of the last hidden layer (paper: 1024)'),
  target: z
    .boolean()
    .default(false)
    .describe(
      'whether the energy has the squared error of the writable outputs against a learned target (paper: false)',
    ),
  writing: z
    .enum(['energy', 'target'])
    .default('energy')
    .describe('what writing descends: the energy, or that squared error alone (paper: energy)'),
};

const networkSchema = z.discriminatedUnion('name', [
  z.strictObject({
    name: z.literal('hopfield-site'),
    width: whole(0)
      .default(16)
      .describe('units in each hidden layer of the site function; 0: linear in its features'),
    features: z
      .array(z.enum(siteFeatures))
      .min(1)
      .default(['xh', 'h2', 'x2'])
      .describe('what the site function sees'),
    linear: z
      .partialRecord(z.enum(siteFeatures), z.number())
      .default({ xh: -0.5, x2: 0.2 })
      .describe('initial linear part of the site function'),
    deviation: z.number().positive().default(0.02).describe('standard deviation of the initial W'),
    self: z
      .union([z.literal('written'), z.number()])
      .default('written')
      .describe(
        'what joins a unit to itself: written, the diagonal of W; or one number for all, learned from this value on and no part of the memory',
      ),
    writing: z
      .enum(['energy', 'own'])
      .default('energy')
      .describe(
        'what writing descends: the energy, or a site function of its own, at first half the squared error of the field (the delta rule)',
      ),
  }),
  z.strictObject({
    name: z.literal('key-value'),
    keys: whole(1).default(32).describe('length of the key'),
    code: whole(1).default(256).describe('length of the code that a key recalls; keys x code is the memory'),
    width: whole(1).default(16).describe('channels of the two hidden layers that judge pixels'),
    kernel: whole(1).default(3).describe('side of the filters of the first of them'),
    mean: z.number().default(-0.85).describe('where pixels are centred at first'),
    writing: z
      .enum(['energy', 'code'])
      .default('energy')
      .describe('what writing descends: the energy, or the squared error of the code that a key recalls'),
  }),
  z.strictObject({
    name: z.literal('coded-slots'),
    slots: whole(1).default(64).describe('patterns that get codes of their full length'),
    code: whole(1).default(72).describe('numbers of a code; slots x code is the memory'),
    halvings: whole(0, 8)
      .default(2)
      .describe('how often codes may be halved, for up to slots x 2^halvings patterns'),
    longest: whole(1)
      .optional()
      .describe(
        'greatest length of a code, where fewer patterns than slots are stored; default: network.code',
      ),
    width: whole(1).default(12).describe('channels of the convolutions, twice as many at half size'),
    sharpness: z.number().positive().default(0.7).describe('initial sharpness of attention over slots'),
    blank: z
      .boolean()
      .default(true)
      .describe(
        'whether a pixel of value 0 says nothing at first, as in drawings of ink (+1) and paper (-1)',
      ),
    noise: z
      .boolean()
      .default(true)
      .describe('whether the energy learns to see where a query is noise, for recall that is not told'),
    tied: z
      .boolean()
      .default(false)
      .describe('whether images are coded by the transpose of what codes are made images by'),
  }),
  z.strictObject({
    name: z.literal('level-slots'),
    slots: whole(1)
      .default(129)
      .describe('rows of the table; slots x values of a pattern / bits is the memory'),
    bits: whole(1, 8)
      .default(2)
      .describe('bits that a number stands for, by its level; they divide the values of a pattern'),
    steps: whole(1).optional().describe('soft steps that read a number; default: 2^(bits + 1)'),
    sharpness: z.number().positive().default(0.5).describe('initial sharpness of attention over rows'),
  }),
  z.strictObject({
    name: z.literal('mlp'),
    hidden: widths.default([256, 256]).describe('widths of the hidden layers'),
    activation: z
      .enum(['tanh', 'softplus', 'silu', 'gelu'])
      .default('tanh')
      .describe('what follows every hidden layer'),
    writable: z
      .union([z.literal('all'), z.array(whole(1))])
      .default('all')
      .describe('layers that writing changes'),
  }),
  z.strictObject({
    name: z.literal('gated-recurrent'),
    width: whole(2).default(256).describe('width of the state (paper: 1024)'),
    hops: loops(1).default(5).describe('updates of the state (paper: 5)'),
    memory: whole(1).default(64).describe('outputs of the writable layer (paper: 64)'),
  }),
  z.strictObject({
    name: z.literal('convolutional'),
    channels: z
      .tuple([whole(1), whole(1), whole(1)])
      .default([16, 32, 64])
      .describe('channels of the three convolutions'),
    memory: z
      .tuple([whole(0), whole(0)])
      .default([0, 8])
      .describe('writable channels of the second and third layer'),
    hops: loops(0).default(2).describe('recurrent updates after the encoder (paper: 3)'),
    hidden: whole(1).default(128).describe('units of the last hidden layer (paper: 1024)'),
  }),
  z.strictObject({
    name: z.literal('fc-resnet'),
    channels: z
      .tuple([whole(1), whole(1), whole(1)])
      .default([16, 32, 48])
      .describe('channels of the residual blocks (paper: 32, 64, 96)'),
    features: whole(1).default(256).describe('inputs of the writable layer (paper: 256)'),
    memory: whole(1)
      .default(32)
      .describe('writable outputs d; (features + 1) x d is the memory (paper: 12 to 64)'),
    width: whole(2).default(256).describe('width of the recurrence (paper: 512)'),
    ...residual,
  }),
  z.strictObject({
    name: z.literal('conv-resnet'),
    channels: z
      .tuple([whole(1), whole(1)])
      .default([16, 32])
      .describe('channels of the residual blocks (paper: 32, 64)'),
    width: whole(2).default(128).describe('channels of the bottlenecks and the recurrence (paper: 128)'),
    memory: whole(1)
      .default(8)
      .describe(
        'writable channels d of each bottleneck; 2 (9 width / 2 + 1) d is the memory (paper: 2 to 14)',
      ),
    downscale: z
      .union([z.literal(1), z.literal(2)])
      .default(1)
      .describe('bottlenecks that halve the image (paper: 1)'),
    ...residual,
  }),
  z.strictObject({
    name: z.literal('memory-network'),
    slots: whole(1).default(64).describe('slots; more patterns than slots overwrite the first'),
    code: whole(1).default(129).describe('numbers in a slot; slots x code is the memory'),
    hidden: whole(1).default(256).describe('units of the hidden layers of encoder and decoder'),
    tied: z
      .boolean()
      .default(false)
      .describe('whether keys are codes, corrected, rather than a map of their own'),
  }),
  z.strictObject({
    name: z.literal('mann'),
    slots: whole(1).default(64).describe('rows of the external memory'),
    word: whole(1).default(125).describe('numbers in a row'),
    units: whole(1).default(128).describe('units of the controller; the memory is slots x word + 2 units'),
    hidden: whole(1).default(256).describe('units of the perceptrons that ask and answer'),
  }),
  z.strictObject({
    name: z.literal('lstm'),
    units: whole(1).default(256).describe('units; the memory is 2 units (paper: 4128)'),
    hidden: whole(1).default(256).describe('units of the perceptron that answers'),
  }),
  z.strictObject({ name: z.literal('plasticity') }),
  z.strictObject({
    name: z.literal('fast-weights'),
    rule: z
      .enum(fastWeightRules)
      .default('delta')
      .describe(
        'how a pattern is added: hebb (with decay), delta, gated-delta, momentum (as in Titans; twice the floats)',
      ),
  }),
  z.strictObject({
    name: z.literal('dynamic-kanerva'),
    slots: whole(1, 256)
      .default(32)
      .describe(
        'rows of the table, of which every pattern is a linear combination; every query solves slots x slots',
      ),
    code: whole(1)
      .optional()
      .describe(
        'numbers of a code, at most the values of a pattern; slots x code is the memory; default: 144, or those values where they are fewer',
      ),
    rounds: loops(1)
      .default(2)
      .describe('times that writing finds the addresses, each on the table that the one before has written'),
    posterior: z
      .boolean()
      .default(false)
      .describe(
        'whether the covariance of the table is kept too, slots (slots + 1) / 2 numbers, so that patterns can be added to it',
      ),
    width: whole(1)
      .default(16)
      .describe('channels of the convolutions that decode images, twice as many at half size'),
    hidden: whole(1).default(128).describe('units of the perceptron that decodes what is no image'),
  }),
  z.strictObject({
    name: z.literal('universal'),
    slots: whole(1).default(16).describe('memories; slots x values of a pattern is the memory'),
    similarity: z.enum(slotSimilarities).default('dot').describe('of a pattern and a memory'),
    separation: z.enum(slotSeparations).default('softmax').describe('softmax: modern Hopfield; power: dense'),
    degree: whole(1).default(3).describe('n of the separation power'),
    beta: z.number().positive().default(10).describe('initial inverse temperature'),
    decay: z.number().optional().describe('initial weight of |x|^2 / 2; default: 1 for dot, else 0'),
    deviation: z.number().positive().default(0.3).describe('standard deviation of the initial memories'),
    mean: z
      .number()
      .optional()
      .describe('where values are centred at first, learned for each; default: not centred'),
  }),
  z.looseObject({
    name: z.literal('custom'),
    file: z
      .string()
      .min(1)
      .describe(
        'a TypeScript or JavaScript module that exports an energy network; further keys are its options',
      ),
  }),
  ...scoreNetworkSchemas,
]);

const unit = z.number().gt(0).lt(1);

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
  const result = configSchema.safeParse(value);
  if (!result.success) throw new InputError(`${where}: ${explain(result.error.issues[0], value)}`);
  const config = result.data;
  const [low, high] = config.range;
  if (low >= high)
    throw new InputError(`${where}: range is [${low}, ${high}], expected the lower value first`);
  return config;
}

type Issue = z.core.$ZodIssue;

function explain(issue: Issue, value: unknown): string {
  const key = issue.path.join('.') || 'the configuration';
  if (issue.code === 'unrecognized_keys') {
    const wrong = issue.keys[0];
    const full = [...issue.path, wrong].join('.');
    const near = nearest(wrong, keysAt(issue.path, value));
    return `unknown key "${full}"${near ? `; did you mean "${near}"?` : ''}`;
  }
  if (issue.code === 'invalid_union' && issue.path.at(-1) === 'name') {
    const options = (issue as { options?: unknown[] }).options ?? [];
    return `${key} is ${JSON.stringify(lookUp(issue.path, value))}, expected one of ${options.join(', ') || namesAt(issue.path)}`;
  }
  const given = lookUp(issue.path, value);
  return `${key} is ${given === undefined ? 'missing' : JSON.stringify(given)}: ${decapitalise(issue.message)}`;
}

const decapitalise = (text: string) => text.charAt(0).toLowerCase() + text.slice(1);

function lookUp(path: readonly PropertyKey[], value: unknown): unknown {
  return path.reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown> | undefined)?.[key], value);
}

// biome-ignore lint/suspicious/noExplicitAny: walks zod's own description of the schema
export type Description = any;

/** The JSON Schema of a configuration as a user writes it. */
export function configJsonSchema(): Description {
  return z.toJSONSchema(configSchema, { io: 'input' });
}

/** The keys that the schema has where `path` leads, for the union member that `value` names. */
function keysAt(path: readonly PropertyKey[], value: unknown): string[] {
  return Object.keys(branchAt(path, value)?.properties ?? {});
}

function namesAt(path: readonly PropertyKey[]): string {
  let at = configJsonSchema();
  for (const key of path.slice(0, -1)) at = at?.properties?.[key];
  const members: Description[] = at?.oneOf ?? at?.anyOf ?? [];
  return members.map((m) => m.properties.name.const).join(', ');
}

function branchAt(path: readonly PropertyKey[], value: unknown): Description {
  let at = configJsonSchema();
  let here: unknown = value;
  for (const key of path) {
    at = at?.properties?.[key];
    here = (here as Record<PropertyKey, unknown>)?.[key];
    const members: Description[] | undefined = at?.oneOf ?? at?.anyOf;
    if (members) {
      const name = (here as { name?: string })?.name;
      at = members.find((m) => m.properties?.name?.const === name) ?? at;
    }
  }
  return at;
}
