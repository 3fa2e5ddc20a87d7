import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { type DataCommand, dataCommand, dataSource, fetchData, listData } from '../../runs/data.ts';
import { InputError } from '../../src/errors.ts';
import { DATA_SETS } from '../../tasks/data/sets.ts';
import { dataDirectory, SMALL_ARCHIVES, tableOf, temporaryFolder } from '../tasks/data/archives.ts';
import { batch, folderOf } from '../tasks/data/image-files.ts';

const [small1, small2] = Object.keys(SMALL_ARCHIVES);

/** Runs the command and gives its lines. */
async function run(options: Partial<DataCommand>, sets = DATA_SETS) {
  const [out, err]: [string[], string[]] = [[], []];
  await dataCommand(
    { env: {}, out: (line) => out.push(line), err: (line) => err.push(line), ...options },
    sets,
  );
  return { out, err };
}

test("the cache is EBMM_CACHE, else in the user's cache folder", () => {
  expect(dataSource({}, { EBMM_CACHE: '/a', XDG_CACHE_HOME: '/b', HOME: '/c' }).cache).toBe(resolve('/a'));
  expect(dataSource({}, { XDG_CACHE_HOME: '/b', HOME: '/c' }).cache).toBe(resolve('/b/ebmm'));
  expect(dataSource({}, { EBMM_CACHE: '', XDG_CACHE_HOME: '', HOME: '/c' }).cache).toBe(
    resolve('/c/.cache/ebmm'),
  );
  expect(dataSource({}, {}).cache).toBe(join(homedir(), '.cache', 'ebmm'));
});

test('the folder is --data-dir, else EBMM_DATA_DIR, else none', () => {
  expect(dataSource({ dataDir: 'x' }, { EBMM_DATA_DIR: '/y' }).directory).toBe(resolve('x'));
  expect(dataSource({}, { EBMM_DATA_DIR: '/y' }).directory).toBe(resolve('/y'));
  expect(dataSource({}, { EBMM_DATA_DIR: '' }).directory).toBeUndefined();
});

test('without a name the command lists every file and what to do', async () => {
  const { out, err } = await run({ env: { EBMM_CACHE: temporaryFolder() } });
  expect(out[0]).toMatch(/^omniglot: /);
  // a line a set, a line a file, a line of advice
  expect(out).toHaveLength(3 + 7 + 1);
  expect(out[1]).toMatch(
    /^ {2}images_background_small1\.zip +1\.3 MB {2}not fetched +https:\/\/github\.com\//,
  );
  expect(out[3]).toMatch(/^ {2}images_background\.zip .* \(optional\)$/);
  expect(err).toEqual([]);
});

test('--json prints one document', async () => {
  const { out } = await run({ json: true, env: { EBMM_CACHE: temporaryFolder() } });
  expect(out).toHaveLength(1);
  const { files } = JSON.parse(out[0]);
  expect(files).toHaveLength(7);
  expect(files[0]).toMatchObject({
    set: 'omniglot',
    file: 'images_background_small1.zip',
    state: 'missing',
    md5: 'e704a628b5459e08445c13499850abc4',
    optional: false,
  });
});

test('a name fetches what is missing, with progress apart from the result', async () => {
  const sets = tableOf(SMALL_ARCHIVES, { base: 'http://example.invalid' });
  const source = {
    cache: temporaryFolder(),
    fetch: async (url: unknown) => new Response(SMALL_ARCHIVES[String(url).split('/').at(-1)!]),
  };
  const states = async () => (await listData(source, sets)).map(({ state }) => state);
  expect(await states()).toEqual(['missing', 'missing']);
  expect(await fetchData(`omniglot/${small2}`, source, sets)).toMatchObject([
    { file: small2, state: 'verified' },
  ]);
  expect(await states()).toEqual(['missing', 'verified']);
  expect(await fetchData('omniglot', source, sets)).toMatchObject([{ file: small1, state: 'verified' }, {}]);
  expect(await states()).toEqual(['verified', 'verified']);
});

test("in a user's folder a name verifies; only optional files may be missing", async () => {
  const [set] = tableOf(SMALL_ARCHIVES);
  const more = [
    { ...set, files: [...set.files, { name: 'more.zip', url: 'u', md5: 'm', optional: true as const }] },
  ];
  const dataDir = dataDirectory(SMALL_ARCHIVES);
  const { out } = await run({ name: 'omniglot', dataDir }, more);
  expect(out.map((line) => line.match(/verified|missing/)?.[0])).toEqual([
    undefined,
    'verified',
    'verified',
    'missing',
  ]);
  await expect(run({ name: 'omniglot/more.zip', dataDir }, more)).rejects.toThrow(
    /more\.zip is not in the data directory/,
  );
  const half = dataDirectory({ [small1]: SMALL_ARCHIVES[small1] });
  await expect(run({ name: 'omniglot', dataDir: half }, more)).rejects.toThrow(
    /small2\.zip is not in the data directory/,
  );
});

test("unpacked batches in a user's folder are listed as such, and pass", async () => {
  const files = { 'cifar-10-batches-bin/data_batch_1.bin': batch('data', 3) };
  const { out } = await run({ name: 'cifar10', dataDir: folderOf(files) });
  expect(out[1]).toMatch(/cifar-10-binary\.tar\.gz +0\.0 MB {2}unpacked +.*cifar-10-batches-bin$/);
});

test('an altered file is listed as such, and refused by name', async () => {
  const dataDir = dataDirectory({ ...SMALL_ARCHIVES, [small2]: new Uint8Array([1]) });
  const sets = tableOf(SMALL_ARCHIVES);
  expect((await run({ env: { EBMM_DATA_DIR: dataDir } }, sets)).out[2]).toMatch(
    /0\.0 MB {2}wrong checksum {2}.*small2\.zip$/,
  );
  await expect(run({ name: 'omniglot', dataDir }, sets)).rejects.toThrow(/has MD5 \w+, expected/);
});

test.each([
  ['imagenet', 'unknown data set "imagenet"; there are omniglot, mnist, cifar10'],
  [
    'omniglot/x',
    `data set omniglot has no file "x"; there are ${DATA_SETS[0].files.map((f) => f.name).join(', ')}`,
  ],
])('the name %s is refused', async (name, message) => {
  await expect(run({ name })).rejects.toThrow(new InputError(message));
});
