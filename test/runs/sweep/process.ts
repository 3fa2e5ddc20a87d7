/** @file Workers of sweeps as processes of their own. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeSafetensors } from '../../../meta/safetensors.ts';
import { programFile } from '../program.ts';

const MAIN = await programFile();

/** `ebmm ...argv`. */
export function startEbmm(...argv: string[]) {
  const child = spawn(process.execPath, [MAIN, ...argv], { stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (data) => {
      text += data;
    });
  }
  return { child, text: () => text, ended: once(child, 'exit').then(([status]) => status as number | null) };
}

/** Process numbers of the trials that are being made in a folder. */
export function trialsAt(folder: string): number[] {
  const running: number[] = [];
  for (const pid of readdirOfProc()) {
    const line = cmdlineOf(pid);
    if (line.includes('trial') && line.includes('--attached') && line.includes(folder)) running.push(pid);
  }
  return running;
}

/** What a trial came to, but for the clock. */
export function outcomeOf(folder: string, trial: string) {
  const run = join(folder, trial);
  const { tensors } = decodeSafetensors(readFileSync(join(run, 'checkpoint', 'state.safetensors')), run);
  const { judgements } = JSON.parse(readFileSync(join(run, 'heldout.json'), 'utf8'));
  const lines = readFileSync(join(run, 'metrics.jsonl'), 'utf8').trimEnd().split('\n');
  const metrics = lines.map((line) => {
    const { seconds, seconds_left, episodes_per_second, ...timeless } = JSON.parse(line);
    return timeless;
  });
  const judged = judgements.map(({ steps, error, errors }: Record<string, unknown>) => ({ steps, error, errors })); // biome-ignore format: one line
  return { tensors, judged, metrics };
}

const readdirOfProc = () => {
  try {
    return readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? [Number(name)] : []));
  } catch {
    return [];
  }
};

const cmdlineOf = (pid: number) => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    return [];
  }
};
