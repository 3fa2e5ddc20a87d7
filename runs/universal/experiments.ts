/**
 * @file The experiments of universal Hopfield networks (Millidge et al. 2022, section 4 and appendix; settings as in their
 * public code): what is stored, how queries are made from it, and which memories are asked.
 */
import type { UniversalOptions } from '../../src/universal/index.ts';

/** A line of the chart: a memory. */
export interface Series extends UniversalOptions {
  name: string;
  /** What recall is measured against; default the stored image, `lower-half` for hetero-association. */
  target?: 'image' | 'lower-half';
}

/** What the horizontal axis is. */
export type Axis = 'stored' | 'deviation' | 'fraction' | 'threshold';

export interface Experiment {
  about: string;
  axis: Axis;
  /** Values on the axis. */
  values: readonly number[];
  /** Images stored, where that is not the axis. */
  stored?: number;
  /** The corruption at a value of the axis. */
  corruption(value: number): string;
  series: Series[];
}

const LOADS = [2, 5, 10, 20, 50, 100, 200, 300, 500, 700, 1000];
const FRACTIONS = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7];

const nearest = (similarity: Series['similarity'], name: string): Series => ({
  name,
  similarity,
  separation: 'maximum',
});

/** The six of the paper; Euclidean and Manhattan first, then the dot product as it is used there. */
const SIX = [
  nearest('euclidean', 'Euclidean'),
  nearest('manhattan', 'Manhattan'),
  nearest('normalised-dot', 'normalised dot'),
  nearest('kl', 'KL'),
  nearest('reverse-kl', 'reverse KL'),
  nearest('jensen-shannon', 'Jensen-Shannon'),
];
const THREE = SIX.slice(0, 3);
/** Beyond the paper's code: the plain dot product, the cosine it means to have, the Hamming distance. */
const MORE = [nearest('dot', 'dot'), nearest('cosine', 'cosine'), nearest('hamming', 'Hamming')];

/** Reciprocal Manhattan similarities divided by their sum, as the paper's separations are compared. */
const separated = (name: string, separation: Series['separation'], parameter?: number): Series => ({
  name,
  similarity: 'manhattan',
  form: 'reciprocal',
  normalise: true,
  separation,
  parameter,
});

export type ExperimentName =
  | 'similarity'
  | 'separation'
  | 'noise'
  | 'mask'
  | 'pixels'
  | 'border'
  | 'threshold'
  | 'hetero';

export const experiments: Record<ExperimentName, Experiment> = {
  similarity: {
    about: 'similarities against the number of images stored, Gaussian noise 0.5',
    axis: 'stored',
    values: LOADS,
    corruption: () => 'gaussian:0.5',
    series: [...SIX, ...MORE],
  },
  separation: {
    about: 'separations against the number of images stored, lower half masked, Manhattan similarity',
    axis: 'stored',
    values: [5, 7, 10, 20, 50, 100, 200, 300, 500, 700, 1000],
    corruption: () => 'half',
    series: [
      separated('maximum', 'maximum'),
      separated('softmax 1000', 'softmax', 1000),
      separated('power 10', 'power', 10),
      separated('power 4', 'power', 4),
      separated('power 3', 'power', 3),
      separated('power 2', 'power', 2),
      separated('identity', 'identity'),
      separated('square root', 'power', 0.5),
      separated('logarithm', 'logarithm'),
      separated('2-maximum', 'k-maximum', 2),
    ],
  },
  noise: {
    about: 'similarities against the standard deviation of Gaussian noise, 100 images stored',
    axis: 'deviation',
    values: [0.05, 0.1, 0.2, 0.3, 0.5, 0.8, 1, 1.5],
    stored: 100,
    corruption: (deviation) => `gaussian:${deviation}`,
    series: [...SIX, ...MORE],
  },
  mask: {
    about: 'similarities against the fraction masked from below, 50 images stored',
    axis: 'fraction',
    values: [...FRACTIONS, 0.8, 0.9],
    stored: 50,
    corruption: (fraction) => `mask:${fraction}`,
    series: [...SIX, ...MORE],
  },
  pixels: {
    about: 'three similarities against the fraction of pixels blanked at random, 300 images stored',
    axis: 'fraction',
    values: FRACTIONS,
    stored: 300,
    corruption: (fraction) => `pixels:${fraction}`,
    series: THREE,
  },
  border: {
    about: 'three similarities against the width of a blanked border, 300 images stored',
    axis: 'fraction',
    values: FRACTIONS,
    stored: 300,
    corruption: (fraction) => `border:${fraction}`,
    series: THREE,
  },
  threshold: {
    about: 'three similarities against the threshold of squared error, 250 images stored, lower half masked',
    axis: 'threshold',
    values: [1, 10, 25, 50, 100, 150, 200, 300, 500],
    stored: 250,
    corruption: () => 'half',
    series: THREE,
  },
  hetero: {
    about: 'the whole image and its lower half recalled from the image, Gaussian noise 0.3',
    axis: 'stored',
    values: LOADS,
    corruption: () => 'gaussian:0.3',
    series: [
      { ...nearest('normalised-dot', 'whole image'), target: 'image' },
      { ...nearest('normalised-dot', 'lower half'), target: 'lower-half' },
    ],
  },
};

export const experimentNames = Object.keys(experiments) as ExperimentName[];

/** The series that the public code can run, by its own rules. */
export function officialSeries(series: Series[]): Series[] {
  const has = ({ similarity, separation }: Series) =>
    !['dot', 'hamming'].includes(similarity) &&
    !['threshold', 'exponential', 'k-maximum'].includes(separation);
  return series.filter(has).map((one) => ({ ...one, mode: 'official' as const }));
}
