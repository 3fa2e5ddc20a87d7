/**
 * @file The updates of the five problems on another device than the processor: do they run, do they agree, how long do they take?
 *
 * `tsx bench/on-device.ts DEVICE [EPISODES ...]`: every problem at 1, 16 and 256 episodes unless told otherwise. A line of JSON each.
 * Every measurement is a process of its own (`tsx bench/on-device.ts DEVICE PROBLEM:EPISODES`), so that a fault of a driver ends only that one.
 * The truth is onnxruntime on the processor: losses of two updates, norm of the gradient, and its moments tensor by tensor.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { compiledEngine, type Device, type NamedValues } from '../src/compile/index.ts';
import { agreement, type Outcome } from './agreement.ts';
import { type Problem, type ProblemName, problemNames, problemOf, settings, updates } from './problems.ts';
import { summary } from './results.ts';

/** Seconds that one measurement may take. */
const LIMIT = 150;
/** Milliseconds of stepping after which a measurement ends. */
const ENOUGH = 3000;

interface Stepped extends Outcome {
  /** Milliseconds a step; empty for the truth. */
  times: number[];
  seconds: { trace: number; prepare: number };
}

async function stepOn(device: Device, problem: Problem, timed: boolean): Promise<Stepped> {
  const engine = compiledEngine({ device, target: 'onnxruntime' });
  try {
    const program = await engine.compile(problem.step, problem.inputs);
    const next = updates(program, problem);
    const first = await next();
    const second = await next();
    const times: number[] = [];
    const started = performance.now();
    while (timed && times.length < 50 && performance.now() - started < ENOUGH) {
      const before = performance.now();
      await next();
      times.push(performance.now() - before);
    }
    return {
      losses: [first.loss[0], second.loss[0]],
      norm: first.norm[0],
      moments: momentsOf(first),
      times,
      seconds: program.seconds,
    };
  } finally {
    await engine.dispose();
  }
}

/** The first moments among the outputs of an update. */
const momentsOf = (outputs: NamedValues): Outcome['moments'] =>
  Object.fromEntries(
    Object.entries(outputs)
      .filter(([name]) => name.startsWith('m:'))
      .map(([name, values]) => [
        name.slice(2),
        { shape: [values.length], values: Float32Array.from(values, Number) },
      ]),
  );

async function measure(device: Device, name: ProblemName, episodes: number) {
  const problem = problemOf({ ...settings[name](), episodes });
  const there = await stepOn(device, problem, true);
  const told = {
    problem: name,
    episodes,
    device,
    ...summary(there.times),
    fastest: Math.min(...there.times),
    compile: there.seconds,
  };
  // The processor takes a quarter of an hour for the largest.
  if (episodes > 16 && name !== 'site') return told;
  const here = await stepOn('cpu', problem, false);
  const { loss, second, norm, gradient, parameter } = agreement(here, there);
  return {
    ...told,
    losses: Math.max(loss, second),
    norm,
    gradient: { tensor: parameter, difference: gradient },
  };
}

const [device, ...rest] = process.argv.slice(2);
const [one, episodesOfOne] = rest[0]?.split(':') ?? [];
if (episodesOfOne) {
  console.log(JSON.stringify(await measure(device as Device, one as ProblemName, Number(episodesOfOne))));
} else {
  const counts = rest.length > 0 ? rest.map(Number) : [1, 16, 256];
  for (const episodes of counts)
    for (const problem of problemNames) {
      const own = [fileURLToPath(import.meta.url), device, `${problem}:${episodes}`];
      const child = spawnSync(process.execPath, [...process.execArgv, ...own], {
        timeout: 1000 * LIMIT,
        encoding: 'utf8',
      });
      const line = child.stdout.trim().split('\n').at(-1);
      const said = child.stderr.trim().split('\n');
      const complaint = (said.findLast((text) => /^\w*Error\b/.test(text)) ?? said.at(-1))?.slice(0, 300);
      console.log(
        line ||
          JSON.stringify({
            problem,
            episodes,
            device,
            error: complaint || `status ${child.status ?? child.signal}`,
          }),
      );
    }
}
