/** @file The commands on diffusion models as a user meets them. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { main } from '../../../runs/cli.ts';

const folder = mkdtempSync(join(tmpdir(), 'ebmm-diffusion-'));
const inside = (...parts: string[]) => join(folder, ...parts);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function ebmm(...argv: string[]) {
  const [out, err]: [string[], string[]] = [[], []];
  const status = await main(argv, {
    out: (line) => out.push(line),
    err: (line) => err.push(line),
    stream: process.stderr,
    env: { CI: '1', EBMM_CACHE: inside('cache') },
    stopping: {},
  });
  return { status, out: out.join('\n'), err: err.join('\n') };
}

const tiny = {
  task: { name: 'binary', dimension: 16 },
  corruption: 'resample:4',
  network: { name: 'score-energy', width: 8, layers: 1, batch: 8, recall: { steps: 3 } },
  training: { steps: 4, patterns: 3, average: 0.9, log_every: 2, save_every: 2, warmup: 0 },
};

describe('a learned diffusion model', () => {
  const run = inside('run');

  test('is trained, evaluated on the patterns it stores, drawn, and compared', async () => {
    writeFileSync(inside('tiny.json'), JSON.stringify(tiny));
    const trained = await ebmm('train', inside('tiny.json'), '--out', run, '--threads', '1', '--json');
    expect(trained.status, trained.err).toBe(0);
    expect(JSON.parse(trained.out).steps).toBe(4);

    const against = ['--against', 'modern,diffusion', '--episodes', '2', '--threads', '1', '--json'];
    const evaluated = await ebmm('evaluate', run, ...against);
    expect(evaluated.status, evaluated.err).toBe(0);
    const { rows } = JSON.parse(evaluated.out);
    expect(rows.map((row: { memory: string }) => row.memory)).toEqual([
      'diffusion-learned',
      'modern',
      'diffusion',
    ]);
    // W1, T1, b1, out
    expect(rows[0].floats).toBe(16 * 8 + 8 * 8 + 8 + 8);
    expect(rows[0].patterns).toBe(3);
    expect(rows[0].store_seconds).toBeGreaterThan(0);

    const drawn = await ebmm('plot', run, '--threads', '1');
    expect(drawn.status, drawn.err).toBe(0);
    for (const name of ['recall', 'energy', 'learning-curve']) {
      expect(existsSync(join(run, 'plots', `${name}.png`))).toBe(true);
    }

    const compared = await ebmm('diffusion', 'compare', run, '--episodes', '1', '--threads', '1', '--json');
    expect(compared.status, compared.err).toBe(0);
    const { correlations, recall } = JSON.parse(compared.out);
    for (const { correlation } of correlations) expect(Math.abs(correlation)).toBeLessThanOrEqual(1);
    // four spans of beta, three methods, known or not, learned or exact
    expect(recall.length).toBe(48);
    const exact = recall.filter((row: { model: string }) => row.model === 'exact');
    expect(exact.some((row: { error: number }) => row.error < 1)).toBe(true);
  });

  test('is no rival on other patterns than its own', async () => {
    const { status, err } = await ebmm('evaluate', run, '--against', run, '--threads', '1');
    expect(status).toBe(2);
    expect(err).toContain('holds its own patterns only; diffusion-learned trains one on each episode');
  });

  test('without a budget rivals keep all their patterns', async () => {
    const floats = async (...options: string[]) => {
      const common = [
        '--patterns',
        '3',
        '--episodes',
        '1',
        '--against',
        'modern',
        '--threads',
        '1',
        '--json',
      ];
      const { out } = await ebmm('evaluate', inside('small'), ...common, ...options);
      return JSON.parse(out).rows[1].floats;
    };
    const small = {
      ...tiny,
      network: { name: 'mlp', hidden: [2], writable: [2] },
      training: { steps: 1, patterns: 3 },
    };
    writeFileSync(inside('small.json'), JSON.stringify(small));
    await ebmm(
      'train',
      inside('small.json'),
      '--out',
      inside('small'),
      '--threads',
      '1',
      '--set',
      'network.hidden=[16]',
    );
    expect(await floats()).toBe(16);
    expect(await floats('--no-budget')).toBe(48);
  });

  test('refuses more patterns than it stores', async () => {
    const { status, err } = await ebmm('evaluate', run, '--patterns', '4', '--threads', '1');
    expect(status).toBe(2);
    expect(err).toContain("4 patterns, but 3 are stored in this diffusion model's weights");
  });
});

describe('ebmm diffusion', () => {
  test('compare refuses a memory that is no diffusion model', async () => {
    const { status, err } = await ebmm('diffusion', 'compare', 'binary-64', '--threads', '1');
    expect(status).toBe(2);
    expect(err).toContain('binary-64 is no diffusion model: its network is hopfield-site');
  });

  test('landscape draws the energy on a line and in the plane', async () => {
    const { status, out, err } = await ebmm(
      'diffusion',
      'landscape',
      '--patterns',
      '2',
      '--out',
      inside('land'),
      '--json',
    );
    expect(status, err).toBe(0);
    for (const file of JSON.parse(out).plots) {
      expect(readFileSync(file).subarray(1, 4).toString()).toBe('PNG');
    }
  });

  test('memorise counts what samples are; the exact diffusion of two patterns returns them', async () => {
    const network = JSON.stringify({
      name: 'score-mlp',
      width: 4,
      layers: 1,
      batch: 4,
      noise: { start: 9, end: 1e-4 },
    });
    const options = [
      '--patterns',
      '2',
      '--steps',
      '3',
      '--samples',
      '40',
      '--network',
      network,
      '--threads',
      '1',
    ];
    const { status, out, err } = await ebmm(
      'diffusion',
      'memorise',
      ...options,
      '--out',
      inside('mem'),
      '--json',
    );
    expect(status, err).toBe(0);
    const { rows, plots } = JSON.parse(out);
    const exact = rows.find((row: { model: string }) => row.model === 'exact');
    expect(exact.outcomes.memorised).toBeCloseTo(1, 9);
    const learned = rows.find((row: { model: string }) => row.model === 'learned');
    expect(learned.outcomes.memorised).toBeLessThan(1);
    expect(rows.map((row: { ending: string }) => row.ending)).toEqual([
      'drawn',
      'settled',
      'drawn',
      'settled',
    ]);
    expect(plots.length).toBe(4);
    for (const file of plots) expect(existsSync(file)).toBe(true);
  });

  test('where patterns are closer than the noise, the exact diffusion settles in few minima that are none of them', async () => {
    const network = { name: 'score-mlp', width: 4, layers: 1, batch: 4, noise: { start: 9, end: 1e-4 } };
    const options = [
      '--patterns',
      '64',
      '--steps',
      '1',
      '--network',
      JSON.stringify(network),
      '--threads',
      '1',
    ];
    const { status, out, err } = await ebmm(
      'diffusion',
      'memorise',
      ...options,
      '--out',
      inside('spurious'),
      '--json',
    );
    expect(status, err).toBe(0);
    const { rows } = JSON.parse(out);
    const [drawn, settled] = rows.filter((row: { model: string }) => row.model === 'exact');
    expect(drawn.outcomes.memorised).toBeGreaterThan(0.7);
    expect(settled.outcomes.spurious).toBeGreaterThan(0.5);
    expect(settled.outcomes.memorised).toBeLessThan(0.2);
  });

  test('memorise settles at a level of noise that the network learns', async () => {
    const network = JSON.stringify({ name: 'score-mlp', noise: { start: 9, end: 0.1 } });
    const { status, err } = await ebmm('diffusion', 'memorise', '--network', network, '--settle', '0.01');
    expect(status).toBe(2);
    expect(err).toContain('--settle 0.01: the network learns noise of variance 0.1 to 9');
    const unread = await ebmm('diffusion', 'memorise', '--settle', '-1');
    expect(unread.status).toBe(2);
    expect(unread.err).toContain('expected a number above 0');
  });
});
