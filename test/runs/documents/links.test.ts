/** @file What pages point to is there, and every page under docs/ can be reached from the index. */
import { existsSync, statSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { expect, test } from 'vitest';
import { pages, root } from './pages.ts';

const links = pages.flatMap(({ name, text }) =>
  [...text.replaceAll(/^[ \t]*```[\s\S]*?^[ \t]*```[ \t]*$/gm, '').matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target]) => target)
    .filter((target) => !/^(https?:|mailto:|#)/.test(target))
    .map((target) => ({ from: name, to: normalize(join(dirname(name), target.split('#')[0])) })),
);

test('every link leads to a file', () => {
  expect(links.length).toBeGreaterThan(50);
  expect(
    links
      .filter(({ to }) => !existsSync(join(root, to)) || !statSync(join(root, to)).isFile())
      .map(({ from, to }) => `${from}: ${to}`),
  ).toEqual([]);
});

test('every page can be reached from README', () => {
  const reached = new Set(['README.md']);
  for (const from of reached) for (const link of links) if (link.from === from) reached.add(link.to);
  expect(pages.map(({ name }) => name).filter((name) => !reached.has(name))).toEqual([]);
});
