/**
 * @file `ebmm sweep ... --slurm`: a job array of Slurm, each of whose tasks is a worker of the folder. A task that is preempted or
 * at the end of its time gets SIGTERM, saves its trials, and is put back in the queue; what it leaves is anybody's to go on with.
 */
import { spawn } from 'node:child_process';
import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { InputError } from '../../src/errors.ts';
import { FileError, onFile, writeFileAtomically } from '../../src/files.ts';
import { programHere } from './child.ts';

export interface SlurmOptions {
  /** Tasks of the array: workers. */
  workers: number;
  /** Further options of sbatch, as words: "--partition=long". */
  sbatch: string[];
  /** Of every worker. */
  jobs: number;
  threads?: number;
  dataDir?: string;
  tensorboard?: boolean;
  allowModules?: boolean;
}

export interface Submitted {
  script: string;
  /** Slurm's number of the array. */
  job: string;
}

/** Seconds before the end of its time at which Slurm is to tell a worker. */
const NOTICE = 120;

/** Options of the array that are the sweep's own affair. */
const OWN = ['--array', '-a', '--wrap', '--parsable', '--test-only', '--wait', '-W', '--requeue', '--no-requeue', '--output', '-o', '--error', '-e', '--signal', '--open-mode'] as const; // biome-ignore format: one list

/**
 * Words of a line as a shell has them: blanks part them, quotes and backslashes keep them together. Nothing is expanded.
 * @throws InputError at a quote without its end
 */
export function wordsOf(line: string): string[] {
  const found = line.matchAll(/((?:[^\s"'\\]|\\.|"(?:[^"\\]|\\.)*"|'[^']*')+)|(\S)/g);
  return [...found].map(([, word, lost]) => {
    if (lost) throw new InputError(`--slurm ${line}: a quote without its end`);
    return word.replaceAll(/"((?:[^"\\]|\\.)*)"|'([^']*)'|\\(.)/g, (_, double, single, sign) => double?.replaceAll(/\\(.)/g, '$1') ?? single ?? sign); // biome-ignore format: one line
  });
}

/** @throws InputError when an option is none of sbatch's, or one that the array decides itself */
export function checkSbatch(words: readonly string[]): void {
  const own = words.find((word) => OWN.some((option) => word === option || (option.startsWith('--') ? word.startsWith(`${option}=`) : word.startsWith(option) && !word.startsWith('--')))); // biome-ignore format: one line
  if (own) throw new InputError(`--slurm: ${own} is decided by the sweep; how many: --array N`);
  const breaks = words.find((word) => /[\n\r\0]/.test(word));
  if (breaks !== undefined) throw new InputError('--slurm: an option of sbatch is one line');
  const [first] = words;
  if (first !== undefined && !first.startsWith('-')) {
    throw new InputError(`--slurm ${first}: expected options of sbatch, for instance "--partition=long --time=8:00:00"`); // biome-ignore format: one message
  }
}

/** The batch script: what it says of itself to sbatch, then one worker. */
export function batchScript(
  folder: string,
  { workers, sbatch, jobs, threads, dataDir, tensorboard, allowModules }: SlurmOptions,
): string {
  const worker = [
    process.execPath,
    ...programHere(),
    ...(allowModules ? ['--allow-modules'] : []),
    ...['sweep', folder, '--jobs', String(jobs)],
    // As many as Slurm gives the task.
    ...(threads ? ['--threads', String(threads)] : []),
    ...(dataDir ? ['--data-dir', dataDir] : []),
    ...(tensorboard ? ['--tensorboard'] : []),
  ];
  const given = (option: string, short: string) =>
    sbatch.some((word) => word === option || word.startsWith(`${option}=`) || word.startsWith(short));
  const directives = [
    ...(given('--job-name', '-J') ? [] : ['--job-name=ebmm-sweep']),
    `--array=1-${workers}`,
    '--requeue',
    '--open-mode=append',
    `--output=${join(folder, 'slurm', '%A_%a.log')}`,
    `--signal=B:USR1@${NOTICE}`,
  ];
  return `#!/bin/sh
${directives.map((line) => `#SBATCH ${line.includes(' ') ? quoted(line) : line}`).join('\n')}
# A worker of a sweep. Submit this again for more of them.
${worker.map(quoted).join(' ')} &
worker=$!
# Preempted or cancelled: Slurm tells all processes by SIGTERM; a hang-up after that changes nothing.
trap 'told=1; kill -HUP "$worker"' TERM
# Near the end of its time: save, end, and wait for another turn.
trap 'told=1; again=1; kill -HUP "$worker"' USR1
wait "$worker"
status=$?
while [ -n "$told" ]; do
  told=
  wait "$worker"
  status=$?
done
if [ -n "$again" ] && [ "$status" -gt 128 ]; then
  scontrol requeue "$SLURM_ARRAY_JOB_ID"_"$SLURM_ARRAY_TASK_ID"
fi
exit "$status"
`;
}

/** Writes the script and submits it. @throws InputError when there is no Slurm here, or it refuses */
export async function submit(folder: string, options: SlurmOptions): Promise<Submitted> {
  const script = join(folder, 'slurm', 'worker.sh');
  await onFile(script, () => mkdir(join(folder, 'slurm'), { recursive: true }));
  await writeFileAtomically(script, batchScript(folder, options));
  await onFile(script, () => chmod(script, 0o755));
  const { status, out, err } = await run('sbatch', ['--parsable', ...options.sbatch, script]);
  if (status === undefined) {
    throw new InputError(`--slurm: no sbatch here (${err}); on a machine of the cluster: sbatch ${script}`);
  }
  if (status !== 0) throw new FileError(`sbatch refused ${script}: ${err.trim().split('\n').at(-1)}`);
  return { script, job: out.trim().split(';')[0] };
}

function run(command: string, argv: string[]): Promise<{ status?: number; out: string; err: string }> {
  return new Promise((resolve) => {
    const child = spawn(command, argv, { stdio: ['ignore', 'pipe', 'pipe'] });
    let [out, err] = ['', ''];
    child.stdout.on('data', (text) => {
      out += text;
    });
    child.stderr.on('data', (text) => {
      err += text;
    });
    child.on('error', ({ message }) => resolve({ out, err: message }));
    child.on('close', (status) => resolve({ status: status ?? 1, out, err }));
  });
}

/** A word as a shell takes it unchanged. */
const quoted = (word: string) =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
