/** @file Serves a folder of static files on loopback, for the recall explorer. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize, sep } from 'node:path';

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
  '.woff': 'font/woff',
  '.wasm': 'application/wasm',
};

/** Isolates the page, so that it may have threads; and nothing is kept, so that what was built last is shown. */
const HEADERS = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'X-Content-Type-Options': 'nosniff',
  'Cache-Control': 'no-cache',
};

export interface Served {
  address: string;
  close(): Promise<void>;
}

/**
 * Serves `folders`, the first that has a file giving it, at a free port or this one.
 * @throws Error with the system's code where the port is taken
 */
export async function serve(folders: readonly string[], port = 0): Promise<Served> {
  const server = createServer(async (request, response) => {
    const refuse = (status: number) => response.writeHead(status, HEADERS).end();
    if (request.method !== 'GET' && request.method !== 'HEAD') return refuse(405);
    // Only by the names of loopback: a page elsewhere whose name is made to point here is refused.
    if (!/^(127\.0\.0\.1|localhost)(:\d+)?$/.test(request.headers.host ?? '')) return refuse(403);
    const path = pathOf(request.url ?? '/');
    const file = path === undefined ? undefined : await firstFile(folders, path);
    if (!file) return refuse(404);
    const type = TYPES[extname(file.path)] ?? 'application/octet-stream';
    response.writeHead(200, { ...HEADERS, 'Content-Type': type, 'Content-Length': file.size });
    if (request.method === 'HEAD') return response.end();
    createReadStream(file.path)
      .on('error', () => response.destroy())
      .pipe(response);
  });
  await listen(server, port);
  const { port: used } = server.address() as AddressInfo;
  return {
    address: `http://127.0.0.1:${used}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** The path below the folders that an address asks for, or undefined where it leads out of them. */
function pathOf(url: string): string | undefined {
  let path: string;
  try {
    path = decodeURIComponent(url.replace(/[?#].*$/s, ''));
  } catch {
    return undefined;
  }
  if (path.includes('\0')) return undefined;
  const inside = normalize(path.endsWith('/') ? `${path}index.html` : path);
  return inside.split(sep).includes('..') ? undefined : inside;
}

async function firstFile(folders: readonly string[], path: string) {
  for (const folder of folders) {
    const full = join(folder, path);
    const found = await stat(full).catch(() => undefined);
    if (found?.isFile()) return { path: full, size: found.size };
  }
  return undefined;
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve();
    });
  });
}
