/** @file The energy networks by name, each with the options it takes. */
import { type CodedSlotsOptions, codedSlots } from './coded-slots.ts';
import { type ConvResnetOptions, convResnet } from './conv-resnet.ts';
import { type ConvolutionalOptions, convolutional } from './convolutional.ts';
import { type FcResnetOptions, fcResnet } from './fc-resnet.ts';
import { type GatedRecurrentOptions, gatedRecurrent } from './gated-recurrent.ts';
import { type HopfieldSiteOptions, hopfieldSite } from './hopfield-site.ts';
import { type KeyValueOptions, keyValue } from './key-value.ts';
import { type LevelSlotsOptions, levelSlots } from './level-slots.ts';
import { type MlpOptions, mlp } from './mlp.ts';
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

/** Each network's constructor by the name that configurations use. */
export const networks: {
  [N in keyof NetworkOptions]: (options: NetworkOptions[N]) => import('./network.ts').EnergyNetwork;
} = {
  'hopfield-site': hopfieldSite,
  'key-value': keyValue,
  'coded-slots': codedSlots,
  'level-slots': levelSlots,
  mlp,
  'gated-recurrent': gatedRecurrent,
  convolutional,
  'fc-resnet': fcResnet,
  'conv-resnet': convResnet,
  universal: universalEnergy,
};
