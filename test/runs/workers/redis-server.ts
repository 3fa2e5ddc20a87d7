/**
 * @file A Redis of the tests' own, on a free port of this machine, without persistence. Where there is no redis-server its tests are left
 * out, with a line; `npm run test:redis` (EBMM_TEST_REDIS) asks for it, and for those that take minutes.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../../bench/free-port.ts';
import { connect, type Redis } from '../../../runs/workers/redis.ts';
import { programFile } from '../program.ts';

/** Whether the tests that need Redis were asked for. */
export const asked = Boolean(process.env.EBMM_TEST_REDIS);

function isInstalled(): boolean {
  try {
    execFileSync('redis-server', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Whether tests with Redis can run. Without a server they fail if they were asked for, else they are left out. */
export const hasRedis = isInstalled() || asked;
if (!hasRedis) console.log('no redis-server: its tests are left out (Debian: apt-get install redis-server)');

export class RedisServer {
  readonly port: number;
  readonly folder = mkdtempSync(join(tmpdir(), 'ebmm-redis-'));
  readonly #options: readonly string[];
  #child: ChildProcess | undefined;

  private constructor(port: number, options: readonly string[]) {
    this.port = port;
    this.#options = options;
  }

  static async start(options: readonly string[] = []): Promise<RedisServer> {
    const server = new RedisServer(await freePort(), options);
    await server.up();
    return server;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  async up(): Promise<void> {
    const child = spawn(
      'redis-server',
      ['--port', String(this.port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', this.folder, ...this.#options], // biome-ignore format: one command
      { stdio: ['ignore', 'pipe', 'pipe'] },
    );
    this.#child = child;
    let said = '';
    await new Promise<void>((resolve, reject) => {
      child.stdout.on('data', (text) => {
        said += text;
        if (/Ready to accept connections/.test(said)) resolve();
      });
      child.on('error', reject);
      child.on('exit', () => reject(new Error(said)));
    });
  }

  /** At once, with all that it held. */
  async down(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (!child || child.exitCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }

  async end(): Promise<void> {
    await this.down();
    rmSync(this.folder, { recursive: true, force: true });
  }

  async client(): Promise<Redis> {
    return (await connect(this.url, {})).redis;
  }
}

export interface Started {
  child: ChildProcess;
  text: () => string;
  ended: Promise<number | null>;
}

const MAIN = await programFile();

/** `ebmm ...argv` as a process of its own. */
export function start(...argv: string[]): Started {
  const child = spawn(process.execPath, [MAIN, ...argv], { stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (data) => {
      text += data;
    });
  return { child, text: () => text, ended: once(child, 'exit').then(([code]) => code) };
}
