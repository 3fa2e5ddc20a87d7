/** @file The energy networks by name, each with the options it takes. */
import { flag, listOf, number, oneOf, oneOfOr, positive, range, record, required, several, shape, someOf, whole } from '../arguments.ts'; // biome-ignore format: one import
import { checked, type Names } from '../option-names.ts';
import { type CodedSlotsOptions, codedSlots } from './coded-slots.ts';
import { type ConvResnetOptions, convResnet } from './conv-resnet.ts';
import { type ConvolutionalOptions, convolutional } from './convolutional.ts';
import { type FcResnetOptions, fcResnet } from './fc-resnet.ts';
import { type GatedRecurrentOptions, gatedRecurrent } from './gated-recurrent.ts';
import { type HopfieldSiteOptions, hopfieldSite, siteFeatures } from './hopfield-site.ts';
import { type KeyValueOptions, keyValue } from './key-value.ts';
import { activations } from './layers.ts';
import { type LevelSlotsOptions, levelSlots } from './level-slots.ts';
import { type MlpOptions, mlp } from './mlp.ts';
import type { EnergyNetwork } from './network.ts';
import {
  slotSeparations,
  slotSimilarities,
  type UniversalEnergyOptions,
  universalEnergy,
} from './universal.ts';

export { type CodedSlotsOptions, codedSlots } from './coded-slots.ts';
export { type ConvResnetOptions, convResnet } from './conv-resnet.ts';
export { type ConvolutionalOptions, convolutional } from './convolutional.ts';
export { type FcResnetOptions, fcResnet } from './fc-resnet.ts';
export { type GatedRecurrentOptions, gatedRecurrent } from './gated-recurrent.ts';
export { type HopfieldSiteOptions, hopfieldSite, type SiteFeature, siteFeatures } from './hopfield-site.ts';
export { type KeyValueOptions, keyValue } from './key-value.ts';
export { type Activation, activations, convolution, dense, gate, layerNorm, patches } from './layers.ts';
export { type LevelSlotsOptions, levelSlots } from './level-slots.ts';
export { type MlpOptions, mlp } from './mlp.ts';
export {
  checkNetwork,
  type EnergyNetwork,
  type Initialiser,
  initialise,
  type Packing,
  type ParameterSpec,
  type Parameters,
  packedSize,
  writableFloats,
} from './network.ts';
export {
  slotSeparations,
  slotSimilarities,
  type UniversalEnergyOptions,
  universalEnergy,
} from './universal.ts';

export interface NetworkOptions {
  'hopfield-site': HopfieldSiteOptions;
  'key-value': KeyValueOptions;
  'coded-slots': CodedSlotsOptions;
  'level-slots': LevelSlotsOptions;
  mlp: MlpOptions;
  'gated-recurrent': GatedRecurrentOptions;
  convolutional: ConvolutionalOptions;
  'fc-resnet': FcResnetOptions;
  'conv-resnet': ConvResnetOptions;
  universal: UniversalEnergyOptions;
}

/** A function that makes a network of patterns of a shape, with options that it checks. */
const network = <Options extends { patternShape: number[] }>(
  what: string,
  names: Names<Options>,
  make: (options: Options) => EnergyNetwork,
) => checked<Options, EnergyNetwork>(what, names, make) as (options: Options) => EnergyNetwork;

const size = whole(1);
const residual = { hops: whole(0), hidden: size, target: flag, writing: oneOf(['energy', 'target']) };

/** Each network's constructor by the name that configurations use. An option that there is none of is an InputError. */
export const networks: { [N in keyof NetworkOptions]: (options: NetworkOptions[N]) => EnergyNetwork } = {
  'hopfield-site': network<HopfieldSiteOptions>(
    'hopfield-site',
    {
      patternShape: required(shape),
      width: whole(0),
      features: someOf(oneOf(siteFeatures)),
      linear: record(number),
      deviation: positive,
      self: oneOfOr(['written'], number),
      writing: oneOf(['energy', 'own']),
    },
    hopfieldSite,
  ),
  'key-value': network<KeyValueOptions>(
    'key-value',
    {
      patternShape: required(shape),
      keys: size,
      code: size,
      width: size,
      kernel: size,
      mean: number,
      writing: oneOf(['energy', 'code']),
    },
    keyValue,
  ),
  'coded-slots': network<CodedSlotsOptions>(
    'coded-slots',
    {
      patternShape: required(shape),
      slots: size,
      code: size,
      halvings: whole(0, 8),
      longest: size,
      width: size,
      sharpness: positive,
      blank: flag,
      noise: flag,
      tied: flag,
    },
    codedSlots,
  ),
  'level-slots': network<LevelSlotsOptions>(
    'level-slots',
    { patternShape: required(shape), slots: size, bits: whole(1, 16), steps: size, sharpness: positive },
    levelSlots,
  ),
  mlp: network<MlpOptions>(
    'mlp',
    {
      patternShape: required(shape),
      hidden: listOf(size),
      activation: oneOf(Object.keys(activations)),
      writable: oneOfOr(['all'], listOf(size, 'a list of layers')),
    },
    mlp,
  ),
  'gated-recurrent': network<GatedRecurrentOptions>(
    'gated-recurrent',
    { patternShape: required(shape), width: whole(2), hops: size, memory: size },
    gatedRecurrent,
  ),
  convolutional: network<ConvolutionalOptions>(
    'convolutional',
    {
      patternShape: required(shape),
      channels: several(3, size),
      memory: several(2, whole(0)),
      hops: whole(0),
      hidden: size,
    },
    convolutional,
  ),
  'fc-resnet': network<FcResnetOptions>(
    'fc-resnet',
    { patternShape: required(shape), channels: several(3, size), features: size, memory: size, width: whole(2), ...residual }, // biome-ignore format: a record
    fcResnet,
  ),
  'conv-resnet': network<ConvResnetOptions>(
    'conv-resnet',
    { patternShape: required(shape), channels: several(2, size), width: whole(2), memory: size, downscale: whole(1, 2), ...residual }, // biome-ignore format: a record
    convResnet,
  ),
  universal: network<UniversalEnergyOptions>(
    'universal',
    {
      patternShape: required(shape),
      slots: size,
      similarity: oneOf(slotSimilarities),
      separation: oneOf(slotSeparations),
      degree: positive,
      beta: positive,
      decay: number,
      deviation: number,
      mean: number,
      range,
    },
    universalEnergy,
  ),
};
