/** @file What the page asks of its workers, and what they answer. Patterns are in [0, 1] on this side, row after row. */
import type { StoredState } from '../../../../src/memory/compiled-model.ts';
import type { Frame, Plane } from './geometry.ts';

/** A trained memory as files: what `config.json` holds, and the bytes of a safetensors file. */
export interface MemoryFiles {
  id: string;
  config: unknown;
  weights: Uint8Array;
}

export interface MemoryInfo {
  id: string;
  /** Name of the task it was trained on, and the network that it is. */
  task: string;
  network: string;
  patternShape: number[];
  /** Values of its patterns inside. */
  range: [number, number];
  /** Memory size in float32 numbers. */
  floats: number;
  /** Whether it was trained to be told which entries are known. */
  known: boolean;
  corruption: string;
  /** Loads it was trained at. */
  loads: number[];
  writeSteps: number;
  readSteps: number;
  hasEnergy: boolean;
  /** Everything that writing changes. */
  writable: { name: string; shape: number[] }[];
  /** Numbers that training adjusted. */
  parameters: number;
  engine: string;
}

export interface Written {
  /** The state after 0 ... T steps of writing. */
  states: StoredState[];
  /** Energies [T + 1][count] of the stored patterns, and of spoilt ones, after every step; empty without an energy. */
  stored: Float32Array[];
  spoilt: Float32Array[];
  milliseconds: number;
}

export interface Trace {
  /** The query and every iterate, in [0, 1]. */
  iterates: Float32Array[];
  /** Energy of each; empty without an energy. */
  energies: number[];
  milliseconds: number;
}

export interface RivalRecall {
  memory: string;
  floats: number;
  pattern: Float32Array;
  steps: number;
}

/** One grid of a plane, coarse to fine. */
export interface EnergyMap {
  columns: number;
  rows: number;
  /** [rows, columns], at the middles of the cells. */
  energies: Float32Array;
  last: boolean;
}

export interface BasinMap {
  columns: number;
  rows: number;
  /** [rows, columns]: the stored pattern that descent from there ends at, or -1. */
  reached: Int16Array;
  /** Rows done. */
  done: number;
}

export interface LoadPoint {
  memory: string;
  floats: number;
  patterns: number;
  /** Mean wrong bits of a recalled pattern, over all so far. */
  error: number;
  episodes: number;
}

export interface TrainingUpdate {
  step: number;
  steps: number;
  patterns: number;
  loss: number;
  error: number;
  errorAverage: number;
  queryError: number;
  /** Milliseconds of this update. */
  milliseconds: number;
  /** Why an update was skipped. */
  trouble?: string;
}

/** Questions with one answer. */
export interface Calls {
  open(files: MemoryFiles): MemoryInfo;
  store(q: { memory: string; patterns: Float32Array; count: number; seed: number }): Written;
  recall(q: {
    memory: string;
    state: StoredState;
    query: Float32Array;
    known?: Float32Array;
    steps?: number;
  }): Trace;
  compare(q: {
    memories: readonly string[];
    patterns: Float32Array;
    count: number;
    shape: number[];
    query: Float32Array;
    known?: Float32Array;
    floats: number;
  }): RivalRecall[];
  /** The safetensors file of what training in this worker has made so far, and its configuration. */
  trained(q: { id: string }): MemoryFiles;
}

/** Questions answered bit by bit, until they are called off. */
export interface Streams {
  energies(q: { memory: string; state: StoredState; plane: Plane; frame: Frame; finest: number }): EnergyMap;
  basins(q: {
    memory: string;
    state: StoredState;
    plane: Plane;
    frame: Frame;
    columns: number;
    rows: number;
    patterns: Float32Array;
    count: number;
  }): BasinMap;
  errors(q: {
    memory: string;
    rivals: readonly string[];
    loads: readonly number[];
    known: boolean;
    episodes: number;
    /** Drawings to choose from, [n, d]; bits are drawn at random. */
    from?: Float32Array;
  }): LoadPoint;
  train(q: { config: unknown }): TrainingUpdate;
}
