import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { batchScript, checkSbatch, wordsOf } from '../../../runs/sweep/slurm.ts';
import { ebmm, expectRefused, folderOfFile, tiny } from '../command.ts';

const folder = folderOfFile();
const config = join(folder, 'tiny.json');
writeFileSync(config, JSON.stringify(tiny));

/** Puts a program `sbatch` in the way that writes down its arguments. */
function withSbatch(text: string): string {
  const bin = join(folder, `bin${Math.floor(performance.now() * 1000)}`);
  mkdirSync(bin);
  const said = join(bin, 'said');
  writeFileSync(join(bin, 'sbatch'), `#!/bin/sh\nprintf '%s\\n' "$@" > '${said}'\n${text}\n`);
  chmodSync(join(bin, 'sbatch'), 0o755);
  const before = process.env.PATH;
  process.env.PATH = `${bin}:${before}`;
  onTestFinished(() => {
    process.env.PATH = before;
  });
  return said;
}

test('options of sbatch are parted as a shell parts them', () => {
  expect(wordsOf('--partition=long  --time 8:00:00')).toEqual(['--partition=long', '--time', '8:00:00']);
  expect(wordsOf(`--comment='a "b" c' -A "x y" --x=a\\ b`)).toEqual([
    '--comment=a "b" c',
    '-A',
    'x y',
    '--x=a b',
  ]);
  expect(wordsOf('')).toEqual([]);
  expect(() => wordsOf('--comment="a')).toThrow('a quote without its end');
});

test.each(['--array=1-9', '-a 1-9', '-a1', '--wrap=ls', '--signal=INT', '--output=x', 'long', '--output x'])(
  '%s is refused',
  (line) => {
    expect(() => checkSbatch(wordsOf(line))).toThrow(/--slurm/);
  },
);

test('the script is one that a shell takes, whatever the name of the folder', () => {
  const odd = `/tmp/it's "odd" $HOME \`x\``;
  const script = batchScript(odd, { workers: 3, sbatch: [], jobs: 2, threads: 4, dataDir: '/data dir' });
  expect(script).toContain('#SBATCH --array=1-3\n#SBATCH --requeue');
  const [line] = script.split('\n').filter((each) => each.endsWith(' &'));
  const words = execFileSync('sh', ['-c', `printf '%s\\n' ${line.slice(0, -2)}`], { encoding: 'utf8' });
  expect(words.trim().split('\n').slice(-8)).toEqual(['sweep', odd, '--jobs', '2', '--threads', '4', '--data-dir', '/data dir']); // biome-ignore format: one list
  execFileSync('sh', ['-n'], { input: script });
  expect(batchScript('/x', { workers: 1, sbatch: ['-Jmine'], jobs: 1 })).not.toContain('--job-name');
});

test.skipIf(process.platform === 'win32')(
  'a sweep is written down and submitted; nothing is trained here',
  async () => {
    const said = withSbatch('echo 42\\;cluster');
    const out = join(folder, 'sweep');
    const asked = ['sweep', config, '--out', out, '--grid', 'network.width=2,4', '--seeds', '2'];
    const result = await ebmm([...asked, '--slurm=--partition=long --time=8:00:00', '--jobs', '2']);
    expect(result).toMatchObject({ status: 0, err: '' });
    const script = join(out, 'slurm', 'worker.sh');
    expect(result.out).toBe(
      `submitted as job 42: ${script}; see how it goes with: ebmm sweep ${out} --status`,
    );
    expect(readFileSync(said, 'utf8').trim().split('\n')).toEqual(['--parsable', '--partition=long', '--time=8:00:00', script]); // biome-ignore format: one list
    expect(readFileSync(script, 'utf8')).toContain('--array=1-2');
    expect(existsSync(join(out, 'trial-001'))).toBe(false);
    // More workers for a sweep that is there.
    const more = await ebmm(['sweep', out, '--slurm', '--array', '5', '--json']);
    expect(JSON.parse(more.out)).toEqual({ folder: out, slurm: { job: '42', script } });
    expect(readFileSync(script, 'utf8')).toContain('--array=1-5');
  },
);

test.skipIf(process.platform === 'win32')('what sbatch says is told when it refuses', async () => {
  withSbatch('echo "sbatch: error: invalid partition specified: long" >&2; exit 1');
  const result = await ebmm(['sweep', config, '--out', join(folder, 'refused'), '--slurm']);
  expect(result).toMatchObject({ status: 1, out: '' });
  expect(result.err).toMatch(/^ebmm: sbatch refused .*worker.sh: sbatch: error: invalid partition/);
});

test('--array without Slurm, and wrong options of sbatch, are refused', async () => {
  expectRefused(await ebmm(['sweep', config, '--out', join(folder, 'x'), '--array', '3']), '--array');
  expectRefused(await ebmm(['sweep', config, '--out', join(folder, 'x'), '--slurm=long']), '--slurm=long');
  expect(existsSync(join(folder, 'x'))).toBe(false);
});
