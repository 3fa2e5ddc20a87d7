/** @file The packages that come with ebmm, and their licences, from package-lock.json: `npx tsx runs/documents/licences.ts` writes docs/licences.md. */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export interface Installed {
  name: string;
  version: string;
  licence: string;
  /** Left out where it cannot be installed. */
  optional: boolean;
}

/** Every package of the lock that a user gets; not those of development alone. */
export function installed(lock: string): Installed[] {
  const { packages } = JSON.parse(lock) as { packages: Record<string, Record<string, unknown>> };
  const found = Object.entries(packages)
    .filter(([path, { dev, devOptional }]) => path !== '' && !dev && !devOptional)
    .map(([path, entry]) => ({
      name: path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length),
      version: String(entry.version),
      licence: String(entry.license ?? 'not stated'),
      optional: Boolean(entry.optional),
    }));
  const key = ({ name, version }: Installed) => `${name}@${version}`;
  const distinct = new Map(found.map((one) => [key(one), one]));
  return [...distinct.values()].sort((a, b) => (key(a) < key(b) ? -1 : 1));
}

const root = new URL('../../', import.meta.url);

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const all = installed(readFileSync(new URL('package-lock.json', root), 'utf8'));
  const counts = new Map<string, number>();
  for (const { licence } of all) counts.set(licence, (counts.get(licence) ?? 0) + 1);
  const lines = [
    '# Licences of the packages that come with ebmm',
    '',
    'Made from `package-lock.json` by `npx tsx runs/documents/licences.ts`. ebmm itself: MIT.',
    '',
    [...counts]
      .sort((a, b) => b[1] - a[1])
      .map(([licence, n]) => `${licence}: ${n}`)
      .join(', '),
    '',
    ...all.map(
      ({ name, version, licence, optional }) =>
        `- ${name} ${version}: ${licence}${optional ? ', optional' : ''}`,
    ),
    '',
  ];
  writeFileSync(new URL('docs/licences.md', root), lines.join('\n'));
}
