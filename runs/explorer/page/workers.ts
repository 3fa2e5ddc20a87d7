/** @file The page's workers: one that answers at once, one for what takes long, one that trains. */
import { type Client, clientOf } from './lab/channel.ts';
import type { Calls, MemoryFiles, MemoryInfo, Streams } from './lab/protocol.ts';

type Lab = Client<Calls, Streams>;
export type Role = 'quick' | 'slow' | 'compare' | 'train';

const started = new Map<Role, Lab>();

export function lab(role: Role): Lab {
  const known = started.get(role);
  if (known) return known;
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module', name: role });
  const client = clientOf<Calls, Streams>(worker);
  started.set(role, client);
  return client;
}

/** Files of every memory that is known, by id. */
const files = new Map<string, Promise<MemoryFiles>>();
const opened = new Map<string, Promise<MemoryInfo>>();

async function fetched(address: string, what: string): Promise<Response> {
  const response = await fetch(address).catch(() => undefined);
  if (!response?.ok)
    throw new Error(`${what} cannot be loaded (${response ? response.status : 'no answer'})`);
  return response;
}

export const json = async (address: string, what: string): Promise<unknown> =>
  (await fetched(address, what)).json();
export const bytes = async (address: string, what: string): Promise<Uint8Array<ArrayBuffer>> =>
  new Uint8Array(await (await fetched(address, what)).arrayBuffer());

/** A memory from the page's own folder, fetched when first asked for. */
function filesOf(id: string): Promise<MemoryFiles> {
  const known = files.get(id);
  if (known) return known;
  const folder = `./memories/${encodeURIComponent(id)}`;
  const made = Promise.all([
    json(`${folder}/config.json`, `the configuration of ${id}`),
    bytes(`${folder}/weights.safetensors`, `the weights of ${id}`),
  ]).then(([config, weights]) => ({ id, config, weights }));
  files.set(id, made);
  made.catch(() => files.delete(id));
  return made;
}

/** A memory that was dropped or trained here; takes the place of one of the same name. */
export function addFiles(memory: MemoryFiles): void {
  files.set(memory.id, Promise.resolve(memory));
  for (const key of opened.keys()) if (key.endsWith(` ${memory.id}`)) opened.delete(key);
}

/** Opens a memory in a worker, once. */
export function open(role: Role, id: string): Promise<MemoryInfo> {
  const key = `${role} ${id}`;
  const known = opened.get(key);
  if (known) return known;
  const made = filesOf(id).then((memory) => lab(role).call('open', memory));
  opened.set(key, made);
  made.catch(() => opened.delete(key));
  return made;
}

export { filesOf };
