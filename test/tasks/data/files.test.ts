import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { InputError } from '../../../src/errors.ts';
import { dataFile, locate } from '../../../tasks/data/files.ts';
import type { DataSet } from '../../../tasks/data/sets.ts';
import type { DataSource } from '../../../tasks/data/source.ts';
import { dataDirectory, md5, tableOf, temporaryFolder } from './archives.ts';

const content = Uint8Array.from({ length: 300_000 }, (_, i) => (i * i) % 251);
const other = Uint8Array.from([1, 2, 3]);

/** A server on the loopback interface that lives as long as the test; gives its address. */
async function serve(answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function get(base: string, source: DataSource): Promise<Uint8Array> {
  const [set] = tableOf({ 'a.zip': content }, { base });
  return dataFile(set, set.files[0], source);
}

/** Everything below a folder that is not a folder. */
const filesIn = (folder: string) =>
  readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());

async function expectRefusal(promise: Promise<unknown>, message: RegExp) {
  await expect(promise).rejects.toThrow(InputError);
  await expect(promise).rejects.toThrow(message);
  await expect(promise).rejects.toThrow(/^[^\n]+$/);
}

test('a download is verified, kept in the cache, and not repeated', async () => {
  let requests = 0;
  const base = await serve((_, response) => {
    requests++;
    response.writeHead(200, { 'content-length': content.length }).end(content);
  });
  const lines: string[] = [];
  const source = { cache: join(temporaryFolder(), 'new'), report: (line: string) => lines.push(line) };
  expect(md5(await get(base, source))).toBe(md5(content));
  expect(md5(await get(base, source))).toBe(md5(content));
  expect(requests).toBe(1);
  expect(filesIn(source.cache).map(({ name }) => name)).toEqual(['a.zip']);
  expect(lines).toEqual([`downloading a.zip (0.3 MB) from ${base}/a.zip`]);
});

test('a redirect is followed', async () => {
  const base = await serve((request, response) => {
    if (request.url === '/a.zip') response.writeHead(302, { location: '/elsewhere' }).end();
    else response.end(content);
  });
  expect(await get(base, { cache: temporaryFolder() })).toHaveLength(content.length);
});

test('a damaged file in the cache is downloaded again', async () => {
  const base = await serve((_, response) => response.end(content));
  const cache = temporaryFolder();
  mkdirSync(join(cache, 'omniglot'));
  writeFileSync(join(cache, 'omniglot', 'a.zip'), other);
  const lines: string[] = [];
  expect(await get(base, { cache, report: (line) => lines.push(line) })).toHaveLength(content.length);
  expect(md5(readFileSync(join(cache, 'omniglot', 'a.zip')))).toBe(md5(content));
  expect(lines[0]).toMatch(/a\.zip is damaged, downloading it again$/);
});

test('a download with another checksum is refused and leaves nothing behind', async () => {
  const altered = content.slice().fill(1, 0, 9);
  const base = await serve((_, response) => response.end(altered));
  const cache = temporaryFolder();
  await expectRefusal(
    get(base, { cache }),
    new RegExp(
      `^a\\.zip as downloaded from ${base}/a\\.zip has MD5 ${md5(altered)}, expected ${md5(content)};`,
    ),
  );
  expect(filesIn(cache)).toEqual([]);
});

test.each([
  [
    'said to be longer',
    (length: number) => ({ 'content-length': length + 1 }),
    /has 300001 bytes, expected 300000/,
  ],
  ['said to be shorter', () => ({ 'content-length': 7 }), /has 7 bytes, expected 300000/],
  ['endless', () => ({}), /has more than the 300000 bytes/],
])('a file that is %s is refused and leaves nothing behind', async (what, headers, message) => {
  const base = await serve((_, response) => {
    response.writeHead(200, headers(content.length) as Record<string, number>);
    if (what === 'endless') {
      response.write(content);
      response.write(content, () => response.write(content));
    } else response.end(content.subarray(0, 7));
  });
  const cache = temporaryFolder();
  await expectRefusal(get(base, { cache }), message);
  expect(filesIn(cache)).toEqual([]);
});

/** Sends what is asked for, `limit(request)` bytes at most, and breaks off there; keeps what was asked for. */
async function serveRanges(limit: (request: number) => number, ranges = true) {
  const asked: (string | undefined)[] = [];
  const base = await serve((request, response) => {
    asked.push(request.headers.range);
    const from = ranges ? Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0) : 0;
    const body = content.subarray(from, from + limit(asked.length));
    response.writeHead(from > 0 ? 206 : 200, {
      'content-length': content.length - from,
      ...(from > 0 ? { 'content-range': `bytes ${from}-${content.length - 1}/${content.length}` } : {}),
    });
    if (from + body.length === content.length) response.end(body);
    else response.write(body, () => setTimeout(() => response.destroy(), 20));
  });
  return { base, asked };
}

test('a download that breaks off is gone on with, on the next connection', async () => {
  const { base, asked } = await serveRanges((request) => (request < 3 ? 100_000 : 1e9));
  const lines: string[] = [];
  const cache = temporaryFolder();
  expect(md5(await get(base, { cache, report: (line) => lines.push(line) }))).toBe(md5(content));
  expect(asked).toEqual([undefined, 'bytes=100000-', 'bytes=200000-']);
  expect(lines[1]).toMatch(/broke off after 100000 bytes .*; going on from byte 100000$/);
  expect(filesIn(cache).map(({ name }) => name)).toEqual(['a.zip']);
});

test('one that keeps breaking off is refused; the next goes on where it stood', async () => {
  const cache = temporaryFolder();
  const bad = await serveRanges(() => 1000);
  await expectRefusal(
    get(bad.base, { cache }),
    /^the download of a\.zip from http.* broke off after \d+ bytes \(.+\)/,
  );
  expect(filesIn(cache)).toHaveLength(1);
  expect(filesIn(cache)[0].name).toMatch(/\.part$/);
  const good = await serveRanges(() => 1e9);
  expect(md5(await get(good.base, { cache }))).toBe(md5(content));
  expect(good.asked[0]).toMatch(/^bytes=[1-9]\d*-$/);
  expect(filesIn(cache).map(({ name }) => name)).toEqual(['a.zip']);
});

test('what a killed process left is taken up, the rest of it cleared away; what a living one writes is not', async () => {
  const cache = temporaryFolder();
  mkdirSync(join(cache, 'omniglot'));
  const part = (pid: number, bytes: Uint8Array) =>
    writeFileSync(join(cache, 'omniglot', `a.zip.${pid}-1.part`), bytes);
  part(2 ** 22 + 7, content.subarray(0, 1000));
  part(2 ** 22 + 8, content.subarray(0, 5000));
  part(process.ppid, content.subarray(0, 9000));
  const { base, asked } = await serveRanges(() => 1e9);
  expect(md5(await get(base, { cache }))).toBe(md5(content));
  expect(asked).toEqual(['bytes=5000-']);
  expect(
    filesIn(cache)
      .map(({ name }) => name)
      .sort(),
  ).toEqual(['a.zip', `a.zip.${process.ppid}-1.part`]);
});

test.each([
  ['a server that cannot go on', false, content.subarray(0, 5000)],
  ['a part of another file', true, new Uint8Array(5000)],
  ['a part that is longer than the file', true, new Uint8Array(400_000)],
])('%s: the download starts again', async (_, ranges, left) => {
  const cache = temporaryFolder();
  mkdirSync(join(cache, 'omniglot'));
  writeFileSync(join(cache, 'omniglot', 'a.zip.0-0.part'), left);
  const { base } = await serveRanges(() => 1e9, ranges);
  expect(md5(await get(base, { cache }))).toBe(md5(content));
  expect(filesIn(cache).map(({ name }) => name)).toEqual(['a.zip']);
});

test('a whole file that was only not renamed is not downloaded again', async () => {
  const cache = temporaryFolder();
  mkdirSync(join(cache, 'omniglot'));
  writeFileSync(join(cache, 'omniglot', 'a.zip.0-0.part'), content);
  expect(await get('http://127.0.0.1:1', { cache })).toHaveLength(content.length);
});

test('a failed download leaves the file that was there', async () => {
  const base = await serve((_, response) => response.end(other));
  const cache = temporaryFolder();
  mkdirSync(join(cache, 'omniglot'));
  writeFileSync(join(cache, 'omniglot', 'a.zip'), 'old');
  await expect(get(base, { cache })).rejects.toThrow(InputError);
  expect(readFileSync(join(cache, 'omniglot', 'a.zip'), 'utf8')).toBe('old');
});

test('an HTTP error names the address and the status', async () => {
  const base = await serve((_, response) => response.writeHead(404).end('no such page'));
  const cache = temporaryFolder();
  await expectRefusal(
    get(base, { cache }),
    /^cannot download a\.zip: http.*\/a\.zip answered HTTP 404 Not Found: try again/,
  );
  expect(filesIn(cache)).toEqual([]);
});

test('without a network the message says what else to do', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  const cache = temporaryFolder();
  await expectRefusal(
    get(`http://127.0.0.1:${port}`, { cache }),
    /^cannot download a\.zip from http.* \(ECONNREFUSED\): try again, or get a\.zip by other means and name its folder/,
  );
  expect(filesIn(cache)).toEqual([]);
});

test('a cache that cannot be written is told with its remedy', async () => {
  const base = await serve((_, response) => response.end(content));
  const file = join(temporaryFolder(), 'file');
  writeFileSync(file, '');
  await expectRefusal(
    get(base, { cache: file }),
    /^cannot write .*a\.zip \(E\w+\); name a writable cache folder with EBMM_CACHE/,
  );
});

test('the fetch that is handed in is used', async () => {
  const asked: unknown[] = [];
  const fetch = async (url: unknown) => {
    asked.push(url);
    return new Response(content);
  };
  expect(await get('http://example.invalid', { cache: temporaryFolder(), fetch })).toHaveLength(
    content.length,
  );
  expect(asked).toEqual(['http://example.invalid/a.zip']);
});

/** For a user's folder: any download is a failure. */
const offline = {
  cache: '/nonexistent',
  fetch: () => {
    throw new Error('downloaded although a data directory was named');
  },
};

test("a file in a user's folder is used unchanged, as FOLDER/omniglot/FILE or FOLDER/FILE", async () => {
  const directory = dataDirectory({ 'a.zip': content });
  expect(await get('', { ...offline, directory })).toHaveLength(content.length);
  expect(await get('', { ...offline, directory: join(directory, 'omniglot') })).toHaveLength(content.length);
});

test('a missing file, an altered file and a missing folder of the user are refused', async () => {
  const empty = temporaryFolder();
  await expectRefusal(
    get('http://x', { ...offline, directory: empty }),
    /^a\.zip is not in the data directory .* put it there \(from http:\/\/x\/a\.zip\)/,
  );
  const altered = dataDirectory({ 'a.zip': other });
  await expectRefusal(
    get('', { ...offline, directory: altered }),
    new RegExp(`omniglot/a\\.zip has MD5 ${md5(other)}, expected ${md5(content)}; replace it`),
  );
  expect(readFileSync(join(altered, 'omniglot', 'a.zip'))).toHaveLength(3);
  await expectRefusal(
    get('', { ...offline, directory: join(empty, 'no') }),
    /^data directory .*no is not an existing folder/,
  );
});

test('locate tells the state without downloading', async () => {
  const [set] = tableOf({ 'a.zip': content, 'b.zip': content, 'c.zip': content }, { md5s: { 'b.zip': 'x' } });
  const directory = dataDirectory({ 'a.zip': content, 'b.zip': content });
  const states = await Promise.all(set.files.map((file) => locate(set, file, { ...offline, directory })));
  expect(states.map(({ state }) => state)).toEqual(['verified', 'wrong checksum', 'missing']);
  const folder: DataSet['files'][number] = { ...set.files[0], name: 'd.zip' };
  mkdirSync(join(directory, 'd.zip'));
  await expectRefusal(locate(set, folder, { ...offline, directory }), /^cannot read .*d\.zip \(EISDIR\)/);
});
