/** @file `ebmm explore [RUN]`: serves the recall explorer on loopback, with a run of one's own in it. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Command, InvalidArgumentError } from 'commander';
import { networks } from '../../src/energy/index.ts';
import { InputError } from '../../src/errors.ts';
import type { IO } from '../io.ts';
import { jsonOption } from '../options.ts';
import { loadRun } from '../run-folder.ts';
import { addMemory } from './memories.ts';
import { type Served, serve } from './serve.ts';

export interface ExploreCommand {
  run?: string;
  port?: number;
  /** Whether to open the system's browser. */
  open?: boolean;
  json?: boolean;
}

/** Where the built page lies: in a package beside the code, in a checkout in dist/. */
function builtPage(): string | undefined {
  return ['../../explorer/', '../../dist/explorer/']
    .map((path) => fileURLToPath(new URL(path, import.meta.url)))
    .find((folder) => existsSync(join(folder, 'index.html')));
}

/**
 * Serves until `stop` fires.
 * @throws InputError when the run is none, or of a network that the page does not show
 */
export async function exploreCommand(
  { run, port, open, json }: ExploreCommand,
  io: IO,
  stop: AbortSignal,
): Promise<void> {
  const page = builtPage();
  if (!page) throw new InputError('explore: the page is not built yet; run npm run explorer:build');
  const own = run === undefined ? undefined : await ownFolder(page, run);
  let served: Served | undefined;
  try {
    served = await serve([...(own ? [own.folder] : []), page], port);
    const address = own ? `${served.address}#m=${encodeURIComponent(own.id)}` : served.address;
    io.out(json ? JSON.stringify({ address }) : `${address}  (ctrl-C ends)`);
    if (open) openBrowser(address);
    await new Promise<void>((resolve) => {
      if (stop.aborted) resolve();
      else stop.addEventListener('abort', () => resolve(), { once: true });
    });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE')
      throw new InputError(`explore: port ${port} is in use`);
    throw error;
  } finally {
    await served?.close();
    if (own) await rm(own.folder, { recursive: true, force: true });
  }
}

/** A folder with the run as the page wants it, and the page's list of memories with the run first. */
async function ownFolder(page: string, name: string) {
  const { config, name: id } = await loadRun(name);
  if (!Object.hasOwn(networks, config.network.name)) {
    throw new InputError(
      `explore: ${name} is of network "${config.network.name}", but the page shows only ${Object.keys(networks).join(', ')}`,
    );
  }
  const folder = await mkdtemp(join(tmpdir(), 'ebmm-explore-'));
  const list = JSON.parse(await readFile(join(page, 'memories', 'index.json'), 'utf8')) as { id: string }[];
  const entry = await addMemory(folder, name, `Yours: ${id}`);
  const entries = [entry, ...list.filter((other) => other.id !== id)];
  await writeFile(join(folder, 'memories', 'index.json'), JSON.stringify(entries));
  return { folder, id };
}

function openBrowser(address: string): void {
  const command = { darwin: 'open', win32: 'explorer' }[process.platform as string] ?? 'xdg-open';
  // Where there is none, the address has been printed.
  spawn(command, [address], { stdio: 'ignore', detached: true })
    .on('error', () => {})
    .unref();
}

function portNumber(text: string): number {
  const n = Number(text);
  if (!Number.isInteger(n) || n < 1 || n > 65535)
    throw new InvalidArgumentError('Expected a port, 1 to 65535.');
  return n;
}

export function addExploreCommand(program: Command, io: IO): void {
  program
    .command('explore')
    .argument('[run]', 'a run folder or a pretrained memory to begin with')
    .option('--port <n>', 'port on loopback (default: a free one)', portNumber)
    .option('--no-open', 'only print the address')
    .addOption(jsonOption())
    .action(async (run: string | undefined, options) => {
      const control = new AbortController();
      const stop = () => control.abort();
      process.once('SIGINT', stop);
      process.once('SIGTERM', stop);
      try {
        await exploreCommand({ ...options, run }, io, control.signal);
      } finally {
        process.off('SIGINT', stop);
        process.off('SIGTERM', stop);
      }
    });
}
