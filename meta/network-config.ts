/** @file The part of a configuration that is a network: one schema for each kind of memory. */
import { z } from 'zod';
import { siteFeatures, slotSeparations, slotSimilarities } from '../src/energy/index.ts';
import { fastWeightRules } from '../src/rivals/index.ts';
import { loops, whole, widths } from './config-numbers.ts';
import { scoreNetworkSchemas } from './diffusion-config.ts';

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

export const networkSchema = z.discriminatedUnion('name', [
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
