/**
 * @file What a memory holds, in a file: a safetensors file with a tensor of bytes for every group of numbers, b bits each, packed; or of
 * float32 where they are not rounded. Any reader of safetensors reads it; docs/compression.md does so from Python.
 */
import { z } from 'zod';
import { packedSize } from '../src/energy/index.ts';
import { InputError } from '../src/errors.ts';
import {
  bitsOf,
  type Contents,
  checkBits,
  FLOAT_BITS,
  fromNumbers,
  type Held,
  numbersOf,
} from '../src/memory/contents.ts';
import { DivergedError, notFinite } from '../src/memory/diverged.ts';
import { dequantise, packBits, quantise, unpackBits } from '../src/memory/quantise.ts';
import {
  decodeMixedSafetensors,
  encodeSafetensors,
  type NamedArray,
  type NamedBytes,
} from './safetensors.ts';
import { checkSeal, SEAL, seal } from './seal.ts';

const FORMAT = 'ebmm stored 1';

/** What the file says of a tensor. Its groups are the tensors NAME and, of the diagonal of a symmetric matrix, NAME.diagonal. */
const heldSchema = z.object({
  shape: z.array(z.int().min(1)),
  packing: z.enum(['full', 'symmetric', 'hollow']),
  bits: z.int().min(1).max(32),
  /** number = scale * (code - 2^(bits-1) + offset); none for float32. */
  scales: z.array(z.number().positive()),
  offsets: z.array(z.union([z.literal(0), z.literal(0.5)])),
});

const descriptionSchema = z.object({
  memory: z.string(),
  fingerprint: z.string(),
  range: z.tuple([z.number(), z.number()]),
  patternShape: z.array(z.int().min(1)),
  tensors: z.record(z.string(), heldSchema),
});

export interface StoredFile {
  /** Name of the memory that stored. */
  memory: string;
  /** What tells that memory from others of its name, or ''. */
  fingerprint: string;
  /** Values of its patterns. */
  range: readonly [low: number, high: number];
  contents: Contents;
}

const groupName = (name: string, group: number) => (group === 0 ? name : `${name}.diagonal`);

/** @param bits of every number, 1 to 16, or 32 (default): as they are. Numbers that the memory rounded itself take no more than its own. */
export function encodeStored({ contents, ...rest }: StoredFile, bits = FLOAT_BITS): Uint8Array {
  checkBits(bits);
  const tensors: Record<string, NamedArray | NamedBytes> = {};
  const described: Record<string, z.infer<typeof heldSchema>> = {};
  for (const [name, held] of Object.entries(contents.tensors)) {
    const each = bitsOf(held, bits);
    const groups = numbersOf(held);
    const broken = groups.some((numbers) => notFinite(numbers) >= 0);
    if (broken) throw new DivergedError(`${rest.memory}: storing diverged: "${name}" is not finite`, name);
    const packed = each === FLOAT_BITS ? [] : groups.map((numbers) => quantise(numbers, each));
    for (const [i, numbers] of groups.entries()) {
      const values = packed[i] ? packBits(packed[i].codes, each) : numbers;
      tensors[groupName(name, i)] = { shape: [values.length], values } as NamedArray | NamedBytes;
    }
    described[name] = {
      shape: [...held.shape],
      packing: held.packing ?? 'full',
      bits: each,
      scales: packed.map(({ scale }) => scale),
      offsets: packed.map(({ offset }) => offset),
    };
  }
  const description = { ...rest, patternShape: contents.patternShape, tensors: described };
  return seal(encodeSafetensors(tensors, { format: FORMAT, ...SEAL, stored: JSON.stringify(description) }));
}

/** @throws InputError naming `file` when it is no such file, or damaged */
export function decodeStored(bytes: Uint8Array, file: string): StoredFile {
  const { tensors, metadata } = decodeMixedSafetensors(bytes, file);
  if (metadata.format !== FORMAT) {
    const found = metadata.format ? `its format is ${metadata.format}` : 'it has no format';
    throw new InputError(`${file}: not a stored memory of ebmm (${found}, expected ${FORMAT})`);
  }
  checkSeal(bytes, metadata, file);
  const parsed = descriptionSchema.safeParse(jsonOf(metadata.stored));
  if (!parsed.success) throw new InputError(`${file}: its description of what is stored is damaged`);
  const { memory, fingerprint, range, patternShape, tensors: described } = parsed.data;
  const held = Object.entries(described).map(([name, description]): [string, Held] => {
    const { shape, packing, bits, scales, offsets } = description;
    const counts = countsOf(shape, packing);
    const groups = counts.map((count, i) => {
      const tensor = tensors[groupName(name, i)]?.values;
      const good =
        bits === FLOAT_BITS
          ? tensor instanceof Float32Array && tensor.length === count
          : tensor instanceof Uint8Array &&
            tensor.length === Math.ceil((count * bits) / 8) &&
            i < scales.length;
      if (!good)
        throw new InputError(
          `${file}: tensor "${groupName(name, i)}" does not hold ${count} numbers of ${bits} bits`,
        );
      if (tensor instanceof Float32Array) return tensor;
      return dequantise({
        bits,
        scale: scales[i],
        offset: offsets[i],
        codes: unpackBits(tensor as Uint8Array, bits, count),
      });
    });
    const values = fromNumbers({ shape, packing }, groups);
    return [name, { shape, packing, values, bits: bits === FLOAT_BITS ? undefined : bits }];
  });
  return { memory, fingerprint, range, contents: { patternShape, tensors: Object.fromEntries(held) } };
}

/** Numbers in each group. */
function countsOf(shape: number[], packing: NonNullable<Held['packing']>): number[] {
  if (packing !== 'symmetric') return [packedSize(shape, packing)];
  const lower = packedSize(shape, 'hollow');
  return [lower, packedSize(shape, 'symmetric') - lower];
}

function jsonOf(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '');
  } catch {
    return undefined;
  }
}
