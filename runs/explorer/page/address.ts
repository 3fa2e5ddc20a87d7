/** @file The state of the page as text in its address, and back. */
import { deflateSync, inflateSync } from 'fflate';
import { fromText, packBits, toText, unpackBits } from './lab/bits.ts';
import { MOST } from './lab/intake.ts';
import type { SourceKind } from './lab/sources.ts';

/** What a shared address brings back. */
export interface Shared {
  memory: string;
  source: SourceKind;
  seed: number;
  count: number;
  selected: number;
  useKnown: boolean;
  /** Step shown; undefined: the last. */
  step?: number;
  /** Names of the three points of the plane. */
  plane?: string[];
  basins?: boolean;
  /** Values 0, 0.5 or 1, and what is known; absent: as the seed spoils it. */
  query?: { values: Float32Array; known: Float32Array };
  /** One's own patterns, [count, rows * columns]. */
  own?: { rows: number; columns: number; values: Float32Array };
}

const KINDS: readonly SourceKind[] = ['drawings', 'digits', 'bits', 'own'];

export function toAddress(state: Shared): string {
  const p = new URLSearchParams();
  p.set('m', state.memory);
  p.set('s', `${state.source}.${state.seed}.${state.count}`);
  p.set('i', String(state.selected));
  if (!state.useKnown) p.set('k', '0');
  if (state.step !== undefined) p.set('t', String(state.step));
  if (state.plane) p.set('p', state.plane.join('.'));
  if (state.basins) p.set('b', '1');
  if (state.query) {
    const { values, known } = state.query;
    const halves = Float32Array.from(values, (v) => Number(v > 0.25 && v < 0.75));
    p.set('q', pack([packBits(values), packBits(halves), packBits(known)]));
  }
  if (state.own) {
    const { rows, columns, values } = state.own;
    p.set('o', `${rows}.${columns}.${pack([packBits(values)])}`);
  }
  return `#${p.toString()}`;
}

/** @returns undefined where the address says nothing, or nothing that can be understood */
export function fromAddress(hash: string): Shared | undefined {
  const p = new URLSearchParams(hash.replace(/^#/, ''));
  const memory = p.get('m');
  const [kind, ...numbers] = (p.get('s') ?? '').split('.');
  const source = KINDS.find((k) => k === kind);
  const [seed, count] = numbers.map(natural);
  const selected = natural(p.get('i') ?? '0');
  if (!memory || !source || seed === undefined || !count || selected === undefined) return undefined;
  const most = Math.min(count, MOST);
  const shared: Shared = {
    memory,
    source,
    seed,
    count: most,
    selected: Math.min(selected, most - 1),
    useKnown: p.get('k') !== '0',
  };
  if (p.has('t')) shared.step = natural(p.get('t')!);
  if (p.has('p')) shared.plane = p.get('p')!.split('.').slice(0, 3);
  if (p.has('b')) shared.basins = true;
  const query = unpack(p.get('q'), 3);
  if (query) {
    const size = query[0].length * 8;
    const [values, halves, known] = query.map((bytes) => unpackBits(bytes, size));
    shared.query = { values: values.map((v, i) => (halves[i] ? 0.5 : v)), known };
  }
  const own = /^(\d{1,3})\.(\d{1,3})\.([\w-]+)$/.exec(p.get('o') ?? '');
  if (source === 'own') {
    const bytes = own && unpack(own[3], 1);
    if (!own || !bytes) return undefined;
    const [rows, columns] = [Number(own[1]), Number(own[2])];
    if (rows * columns * shared.count > 8 * bytes[0].length) return undefined;
    shared.own = { rows, columns, values: unpackBits(bytes[0], rows * columns * shared.count) };
  }
  return shared;
}

const natural = (text: string): number | undefined => (/^\d{1,9}$/.test(text) ? Number(text) : undefined);

/** Parts of equal length, one after the other, deflated. */
function pack(parts: Uint8Array[]): string {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return toText(deflateSync(all, { level: 9 }));
}

/** Largest state an address may unfold to: 512 patterns of 32 x 32 bits. */
const LARGEST = 1 << 16;

function unpack(text: string | null, parts: number): Uint8Array[] | undefined {
  const bytes = text ? fromText(text) : undefined;
  if (!bytes) return undefined;
  try {
    const all = inflateSync(bytes, { out: new Uint8Array(LARGEST) });
    const size = all.length / parts;
    if (!Number.isInteger(size) || size === 0) return undefined;
    return Array.from({ length: parts }, (_, i) => all.slice(i * size, (i + 1) * size));
  } catch {
    return undefined;
  }
}
