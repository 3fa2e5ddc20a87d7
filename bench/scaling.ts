/**
 * @file This project alone: patterns stored and recalled a second against the number of episodes in a batch, and how the time
 * of an update grows with patterns, width, and steps of writing and reading.
 */
import { textTable } from '../runs/table.ts';
import { type CompiledEngineOptions, compiledEngine, type NamedValues } from '../src/compile/index.ts';
import { initialise } from '../src/energy/index.ts';
import { energyModel } from '../src/memory/energy-model.ts';
import { stream } from '../src/random.ts';
import { sizeOf } from '../src/shapes.ts';
import { type MlpSize, mlpSetting, problemOf } from './problems.ts';
import { summary } from './results.ts';

const BASE: MlpSize = { width: 256, patterns: 32, episodes: 16, T: 3, K: 5 };
/** What is varied, each alone, the rest as in the reference step. */
const VARIED: Partial<Record<keyof MlpSize, number[]>> = {
  patterns: [8, 16, 32, 64, 128],
  width: [64, 128, 256, 512, 1024],
  episodes: [2, 4, 8, 16, 32],
  T: [1, 2, 3, 4, 6],
  K: [1, 2, 5, 10, 20],
};
const BATCHES = [1, 2, 4, 8, 16, 32, 64];

/** The slope of log y against log x by least squares: 1 where y grows in proportion to x. Needs two different x. */
export function fittedExponent(x: readonly number[], y: readonly number[]): number {
  const [u, v] = [x.map(Math.log), y.map(Math.log)];
  const mean = (a: number[]) => a.reduce((s, b) => s + b, 0) / a.length;
  const [mu, mv] = [mean(u), mean(v)];
  const covariance = u.reduce((s, a, i) => s + (a - mu) * (v[i] - mv), 0);
  return covariance / u.reduce((s, a) => s + (a - mu) ** 2, 0);
}

/**
 * The straight line y = a + b x by least squares: how good a description "so much for each, and a start" is.
 * @returns a, b and the part of the variance that the line explains
 */
export function fittedLine(x: readonly number[], y: readonly number[]) {
  const mean = (a: readonly number[]) => a.reduce((s, b) => s + b, 0) / a.length;
  const [mx, my] = [mean(x), mean(y)];
  const b = x.reduce((s, v, i) => s + (v - mx) * (y[i] - my), 0) / x.reduce((s, v) => s + (v - mx) ** 2, 0);
  const a = my - b * mx;
  const left = y.reduce((s, v, i) => s + (v - a - b * x[i]) ** 2, 0);
  return { a, b, explained: 1 - left / y.reduce((s, v) => s + (v - my) ** 2, 0) };
}

/** Milliseconds of calls, after two that do not count: as many as fit into half a second, at least five. */
async function timed(call: () => Promise<unknown>): Promise<number> {
  for (let i = 0; i < 2; i++) await call();
  const times: number[] = [];
  for (const started = performance.now(); times.length < 5 || performance.now() - started < 500; ) {
    const before = performance.now();
    await call();
    times.push(performance.now() - before);
  }
  return summary(times).median;
}

export interface Scaling {
  throughput: { episodes: number; store_ms: number; recall_ms: number; stored: number; recalled: number }[];
  /** `text` says the milliseconds of every value. */
  cost: {
    varied: string;
    values: number[];
    ms: number[];
    text: string;
    exponent: number;
    explained: number;
  }[];
}

/** Patterns stored and recalled a second by the reference memory, for each number of episodes. */
async function throughput(options: CompiledEngineOptions): Promise<Scaling['throughput']> {
  const { network, rule, patterns } = mlpSetting(BASE);
  const model = energyModel(network, rule);
  const values: NamedValues = {};
  for (const [name, value] of Object.entries(initialise(model.parameters, 0))) values[name] = value;
  const parameters = Object.fromEntries(
    Object.entries(model.parameters).map(([name, { shape }]) => [name, { shape }]),
  );
  const rows: Scaling['throughput'] = [];
  for (const episodes of BATCHES) {
    const engine = compiledEngine(options);
    const batch = { shape: [episodes, patterns, ...network.patternShape] };
    const random = stream(0, 'scaling');
    const x = Float32Array.from({ length: sizeOf(batch.shape) }, () => 2 * random.bit() - 1);
    const store = await engine.compile(({ x, ...p }) => model.store(p, x), { ...parameters, x: batch });
    const state = await store.run({ ...values, x });
    const written = Object.fromEntries(
      Object.entries(model.state).map(([name, shape]) => [`s:${name}`, { shape: [episodes, ...shape] }]),
    );
    const recall = await engine.compile(
      ({ x, ...all }) => {
        const names = Object.keys(model.state);
        const state = Object.fromEntries(names.map((name) => [name, all[`s:${name}`]]));
        return { recalled: model.recall(all, state, x).at(-1)! };
      },
      { ...parameters, ...written, x: batch },
    );
    const stored = Object.fromEntries(Object.entries(state).map(([name, value]) => [`s:${name}`, value]));
    const store_ms = await timed(() => store.run({ ...values, x }));
    const recall_ms = await timed(() => recall.run({ ...values, ...stored, x }));
    const each = (ms: number) => (1000 * episodes * patterns) / ms;
    rows.push({ episodes, store_ms, recall_ms, stored: each(store_ms), recalled: each(recall_ms) });
    await engine.dispose();
  }
  return rows;
}

/** Milliseconds of an update for each value of what is varied. */
async function cost(varied: keyof MlpSize, values: number[], options: CompiledEngineOptions) {
  const ms: number[] = [];
  for (const value of values) {
    const engine = compiledEngine(options);
    const problem = problemOf(mlpSetting({ ...BASE, [varied]: value }));
    const program = await engine.compile(problem.step, problem.inputs);
    ms.push(await timed(() => program.run(problem.values)));
    await engine.dispose();
  }
  const { explained } = fittedLine(values, ms);
  const text = values.map((value, i) => `${value}: ${whole(ms[i])}`).join(', ');
  return { varied, values, ms, text, exponent: fittedExponent(values, ms), explained };
}

const whole = (value: number) => (value < 9.95 ? value.toFixed(1) : value.toFixed(0));

export async function scaling(
  options: CompiledEngineOptions,
  progress: (line: string) => void,
): Promise<Scaling> {
  progress('throughput of store and recall');
  const result: Scaling = { throughput: await throughput(options), cost: [] };
  for (const [varied, values] of Object.entries(VARIED)) {
    progress(`cost of an update against ${varied}`);
    result.cost.push(await cost(varied as keyof MlpSize, values, options));
  }
  return result;
}

/** For the terminal. */
export const scalingText = ({ throughput, cost }: Scaling): string[] => [
  `store and recall, MLP 128-256-256-1, ${BASE.patterns} patterns an episode, T = ${BASE.T}, K = ${BASE.K}`,
  ...textTable([
    ['episodes', 'store ms', 'recall ms', 'patterns stored a second', 'patterns recalled a second'],
    ...throughput.map((row) => [
      String(row.episodes),
      whole(row.store_ms),
      whole(row.recall_ms),
      row.stored.toFixed(0),
      row.recalled.toFixed(0),
    ]),
  ]),
  '',
  'an update of the outer loop, one thing varied at a time; exponent: 1 is in proportion; line: variance that a + b x explains',
  ...textTable([
    ['varied', 'ms', 'exponent', 'line'],
    ...cost.map(({ varied, text, exponent, explained }) => [
      varied,
      text,
      exponent.toFixed(2),
      `${(100 * explained).toFixed(1)}%`,
    ]),
  ]),
];
