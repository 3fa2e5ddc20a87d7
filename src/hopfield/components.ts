/**
 * @file The simplest strong rival for images: every pattern is kept as its first principal components. Their basis comes from training
 * patterns and is no part of the memory. The answer is the kept image nearest to the query over the pixels that are known (all of them,
 * where recall is not told): one update of a modern Hopfield network with Euclidean similarity and beta infinite.
 */
import { tensor } from '@tensorflow/tfjs';
import * as args from '../arguments.ts';
import type { PrincipalComponents } from '../components.ts';
import { InputError } from '../errors.ts';
import type { AssociativeMemory, StoredMemory } from '../memory/associative.ts';
import { type Contents, heldIn } from '../memory/contents.ts';
import { recallOptions } from '../memory/inputs.ts';
import { checkNames, type Names } from '../option-names.ts';
import { sizeOf } from '../shapes.ts';
import { type Range, readBatch, readQueries } from './boundary.ts';
import { nearestOf } from './nearest.ts';

export interface ComponentsHopfieldOptions {
  /** Of training patterns in `range`. */
  basis: PrincipalComponents;
  /** Budget: a pattern gets floor(floats / patterns) components, at most as many as the basis has. Default: all of those. */
  floats?: number;
  /** Values its patterns lie in, default [-1, 1]. */
  range?: Range;
}

const NAME = 'modern-components';
const BASIS = args.fields(
  { mean: args.floats, components: args.floats },
  'what principalComponents gives: { mean, components }',
);

const OPTIONS: Names<ComponentsHopfieldOptions> = {
  basis: args.required(BASIS),
  floats: args.whole(1),
  range: args.range,
};

/**
 * @throws InputError for an invalid option; `store` for patterns of another size than the basis; `recall` for queries or known
 * entries of another shape
 */
export function componentsHopfield(options: ComponentsHopfieldOptions): AssociativeMemory {
  checkNames('components', options, OPTIONS);
  const { basis, floats, range = [-1, 1] } = options;
  const { mean, components } = basis;
  const d = mean.length;
  if (d === 0 || components.length === 0 || components.length % d !== 0)
    throw new InputError(
      `components: basis has ${components.length} numbers of components for a mean of ${d}, expected [count, ${d}]`,
    );
  const most = components.length / d;
  const stored = (contents: Contents): StoredMemory => {
    const [{ shape, values }] = Object.values(contents.tensors);
    const [held, length] = shape;
    const { patternShape } = contents;
    const images = imagesOf(values, held, length, mean, components);
    return {
      floats: held * length,
      contents: () => contents,
      async recall(queries, options) {
        const { known } = recallOptions(options);
        const asked = await readQueries(queries, known, { shape: [...patternShape], range, noisy: true });
        const { mask } = asked;
        const answers = asked.values.slice();
        for (let q = 0; q < asked.count; q++) {
          const query = asked.values.subarray(q * d, (q + 1) * d);
          const image = nearestOf(images, query, mask, q * d) * d;
          for (let i = 0; i < d; i++) {
            if (!mask?.[q * d + i])
              answers[q * d + i] = Math.min(range[1], Math.max(range[0], images[image + i]));
          }
        }
        return { patterns: tensor(answers, queries.shape, 'float32'), steps: 1 };
      },
    };
  };
  return {
    name: NAME,
    range,
    async store(patterns) {
      const { values, count, d: size, shape } = await readBatch('patterns', patterns, { range });
      if (size !== d)
        throw new InputError(`${NAME}: patterns of ${size} values, but its basis is of patterns of ${d}`);
      const length = Math.min(most, floats === undefined ? most : Math.floor(floats / count));
      // A budget of less than one component a pattern holds one of some.
      const held = length > 0 ? count : Math.floor(floats!);
      const codes = codesOf(values, held, Math.max(1, length), mean, components);
      return stored({
        patternShape: shape,
        tensors: { codes: { shape: [held, Math.max(1, length)], values: codes } },
      });
    },
    async restore(contents) {
      const codes = heldIn(NAME, contents, 'codes', [null, null]);
      if (sizeOf([...contents.patternShape]) !== d || codes.shape[1] > most)
        throw new InputError(
          `${NAME}: codes [${codes.shape}] of patterns [${contents.patternShape}], but its basis is ${most} of ${d}`,
        );
      return stored({ ...contents, tensors: { codes } });
    },
  };
}

/** The first `length` components of `count` patterns: [count, length]. */
function codesOf(
  patterns: Float32Array,
  count: number,
  length: number,
  mean: Float32Array,
  components: Float32Array,
): Float32Array {
  const d = mean.length;
  const codes = new Float32Array(count * length);
  for (let n = 0; n < count; n++) {
    for (let k = 0; k < length; k++) {
      let sum = 0;
      for (let i = 0; i < d; i++) sum += (patterns[n * d + i] - mean[i]) * components[k * d + i];
      codes[n * length + k] = sum;
    }
  }
  return codes;
}

/** What codes [count, length] stand for: [count, d]. */
function imagesOf(
  codes: Float32Array,
  count: number,
  length: number,
  mean: Float32Array,
  components: Float32Array,
): Float32Array {
  const d = mean.length;
  const images = new Float32Array(count * d);
  for (let n = 0; n < count; n++) {
    images.set(mean, n * d);
    for (let k = 0; k < length; k++) {
      const code = codes[n * length + k];
      for (let i = 0; i < d; i++) images[n * d + i] += code * components[k * d + i];
    }
  }
  return images;
}
