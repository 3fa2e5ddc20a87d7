/** @file The energy networks by name, each with the options it takes. */
import { axes, check, fields, type Kind, listOf, optional, shape, whole } from '../arguments.ts';
import { checked, type Names } from '../option-names.ts';
import { type CodedSlotsOptions, codedSlots } from './coded-slots.ts';
import { type ConvResnetOptions, convResnet } from './conv-resnet.ts';
import { type ConvolutionalOptions, convolutional } from './convolutional.ts';
import { type FcResnetOptions, fcResnet } from './fc-resnet.ts';
import { type GatedRecurrentOptions, gatedRecurrent } from './gated-recurrent.ts';
import { type HopfieldSiteOptions, hopfieldSite } from './hopfield-site.ts';
import { type KeyValueOptions, keyValue } from './key-value.ts';
import { type LevelSlotsOptions, levelSlots } from './level-slots.ts';
import { type MlpOptions, mlp } from './mlp.ts';
import type { EnergyNetwork } from './network.ts';
import { type UniversalEnergyOptions, universalEnergy } from './universal.ts';

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
  kinds: { readonly [Name in keyof Options]?: Kind } = {},
) =>
  checked<Options, EnergyNetwork>(what, names, (options) => {
    check(what, { options: [options, fields({ patternShape: shape, ...kinds })] });
    return make(options);
  }) as (options: Options) => EnergyNetwork;

/** Each network's constructor by the name that configurations use. An option that there is none of is an InputError. */
export const networks: { [N in keyof NetworkOptions]: (options: NetworkOptions[N]) => EnergyNetwork } = {
  'hopfield-site': network<HopfieldSiteOptions>(
    'hopfield-site',
    {
      patternShape: true,
      width: true,
      features: true,
      linear: true,
      deviation: true,
      self: true,
      writing: true,
    },
    hopfieldSite,
  ),
  'key-value': network<KeyValueOptions>(
    'key-value',
    { patternShape: true, keys: true, code: true, width: true, kernel: true, mean: true, writing: true },
    keyValue,
  ),
  'coded-slots': network<CodedSlotsOptions>(
    'coded-slots',
    {
      patternShape: true,
      slots: true,
      code: true,
      halvings: true,
      longest: true,
      width: true,
      sharpness: true,
      blank: true,
      noise: true,
      tied: true,
    },
    codedSlots,
  ),
  'level-slots': network<LevelSlotsOptions>(
    'level-slots',
    { patternShape: true, slots: true, bits: true, steps: true, sharpness: true },
    levelSlots,
    { slots: optional(whole(1)), bits: optional(whole(1, 16)) },
  ),
  mlp: network<MlpOptions>(
    'mlp',
    { patternShape: true, hidden: true, activation: true, writable: true },
    mlp,
    { hidden: optional(listOf(whole(1))) },
  ),
  'gated-recurrent': network<GatedRecurrentOptions>(
    'gated-recurrent',
    { patternShape: true, width: true, hops: true, memory: true },
    gatedRecurrent,
  ),
  convolutional: network<ConvolutionalOptions>(
    'convolutional',
    { patternShape: true, channels: true, memory: true, hops: true, hidden: true },
    convolutional,
    {
      channels: optional(shape),
      memory: optional(axes),
      hops: optional(whole(0)),
      hidden: optional(whole(1)),
    },
  ),
  'fc-resnet': network<FcResnetOptions>(
    'fc-resnet',
    {
      patternShape: true,
      channels: true,
      features: true,
      memory: true,
      width: true,
      hops: true,
      hidden: true,
      target: true,
      writing: true,
    },
    fcResnet,
    { channels: optional(shape) },
  ),
  'conv-resnet': network<ConvResnetOptions>(
    'conv-resnet',
    {
      patternShape: true,
      channels: true,
      width: true,
      memory: true,
      downscale: true,
      hops: true,
      hidden: true,
      target: true,
      writing: true,
    },
    convResnet,
    { channels: optional(shape) },
  ),
  universal: network<UniversalEnergyOptions>(
    'universal',
    {
      patternShape: true,
      slots: true,
      similarity: true,
      separation: true,
      degree: true,
      beta: true,
      decay: true,
      deviation: true,
      mean: true,
      range: true,
    },
    universalEnergy,
  ),
};
