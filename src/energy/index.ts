/** @file The energy networks by name, each with the options it takes. */
import { checked } from '../option-names.ts';
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

/** Each network's constructor by the name that configurations use. An option that there is none of is an InputError. */
export const networks: { [N in keyof NetworkOptions]: (options: NetworkOptions[N]) => EnergyNetwork } = {
  'hopfield-site': checked<HopfieldSiteOptions, EnergyNetwork>(
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
  'key-value': checked<KeyValueOptions, EnergyNetwork>(
    'key-value',
    { patternShape: true, keys: true, code: true, width: true, kernel: true, mean: true, writing: true },
    keyValue,
  ),
  'coded-slots': checked<CodedSlotsOptions, EnergyNetwork>(
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
  'level-slots': checked<LevelSlotsOptions, EnergyNetwork>(
    'level-slots',
    { patternShape: true, slots: true, bits: true, steps: true, sharpness: true },
    levelSlots,
  ),
  mlp: checked<MlpOptions, EnergyNetwork>(
    'mlp',
    { patternShape: true, hidden: true, activation: true, writable: true },
    mlp,
  ),
  'gated-recurrent': checked<GatedRecurrentOptions, EnergyNetwork>(
    'gated-recurrent',
    { patternShape: true, width: true, hops: true, memory: true },
    gatedRecurrent,
  ),
  convolutional: checked<ConvolutionalOptions, EnergyNetwork>(
    'convolutional',
    { patternShape: true, channels: true, memory: true, hops: true, hidden: true },
    convolutional,
  ),
  'fc-resnet': checked<FcResnetOptions, EnergyNetwork>(
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
  ),
  'conv-resnet': checked<ConvResnetOptions, EnergyNetwork>(
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
  ),
  universal: checked<UniversalEnergyOptions, EnergyNetwork>(
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
