/** @file Links of a site of static files that lead to no file of it, or to no place in one. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

export interface DeadLink {
  /** Path of the page in the site. */
  from: string;
  /** As the page has it. */
  to: string;
}

/** All `href` and `src` of the pages in a folder that are relative, looked up. */
export function deadLinks(folder: string): DeadLink[] {
  const pages = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.html'),
  );
  const places = new Map<string, Set<string>>();
  const placesIn = (file: string): Set<string> => {
    const known = places.get(file);
    if (known) return known;
    const found = new Set(
      [...readFileSync(file, 'utf8').matchAll(/\s(?:id|name)="([^"]*)"/g)].map(([, id]) => plain(id)),
    );
    places.set(file, found);
    return found;
  };
  return pages.flatMap((page) => {
    const path = join(folder, page);
    const html = readFileSync(path, 'utf8');
    const targets = [...new Set([...html.matchAll(/\s(?:href|src)="([^"]*)"/g)].map(([, to]) => plain(to)))];
    return targets
      .filter((to) => !/^([a-z]+:|\/\/)/i.test(to))
      .filter((to) => {
        const [address, place] = to.split('#');
        const file = address === '' ? path : join(dirname(path), decodeURI(address.split('?')[0]));
        if (relative(folder, file).startsWith('..') || !existsSync(file) || !statSync(file).isFile())
          return true;
        return Boolean(place) && file.endsWith('.html') && !placesIn(file).has(decodeURIComponent(place));
      })
      .map((to) => ({ from: page, to }));
  });
}

const plain = (text: string) =>
  text.replaceAll('&amp;', '&').replaceAll('&quot;', '"').replaceAll('&#39;', "'");
