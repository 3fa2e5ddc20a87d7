/**
 * @file `npm run site`: a site of the pages under docs/ and the reference of the library, as static files in dist/site. A link that leads
 * nowhere, in a page or in a comment, fails it.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  Application,
  Configuration,
  Converter,
  type DocumentReflection,
  KindRouter,
  ReflectionKind,
  type RouterTarget,
} from 'typedoc';
import { deadLinks } from './dead-links.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const out = join(root, 'dist/site');

/** As the index names them, every experiment behind the page of results. */
function pages(): string[] {
  const index = readFileSync(join(root, 'docs/README.md'), 'utf8');
  const named = [...index.matchAll(/\]\(([\w./-]+\.md)/g)].map(([, target]) => join('docs', target));
  const experiments = readdirSync(join(root, 'docs/results')).sort();
  const results = experiments
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs/results', name));
  const all = named.flatMap((name) => (name === 'docs/results/README.md' ? [name, ...results] : name));
  return [...new Set(all)];
}

/** Names of files, by page: those of the Markdown, which stay when a heading changes. */
const files = new Map<RouterTarget, string>();

class Router extends KindRouter {
  protected override getIdealBaseName(target: Parameters<KindRouter['getIdealBaseName']>[0]): string {
    const file = files.get(target);
    return file ? `pages/${file}` : super.getIdealBaseName(target);
  }
}

const app = await Application.bootstrapWithPlugins({
  entryPoints: ['runs/index.ts'],
  tsconfig: join(root, 'tsconfig.json'),
  name: 'ebmm',
  readme: 'docs/README.md',
  projectDocuments: pages(),
  out,
  sort: ['source-order'],
  navigation: { includeFolders: false },
  highlightLanguages: [...Configuration.OptionDefaults.highlightLanguages, 'python'],
  router: 'pages',
});
app.renderer.defineRouter('pages', Router);
// A page is called as its heading says, not as its file.
app.converter.on(Converter.EVENT_CREATE_DOCUMENT, (_, page: DocumentReflection) => {
  const [first] = page.content;
  const heading = /^\s*# (.+)$/m.exec(first?.text ?? '');
  if (!heading) return;
  files.set(page, page.name.toLowerCase());
  page.name = heading[1].replaceAll('`', '');
});
app.converter.on(Converter.EVENT_CREATE_DECLARATION, (_, declaration) => {
  if (declaration.kind === ReflectionKind.Module) declaration.name = 'Reference';
});

const project = await app.convert();
if (!project) process.exit(1);
app.validate(project);
await app.generateDocs(project, out);
if (app.logger.hasErrors() || app.logger.hasWarnings()) process.exit(1);
const dead = deadLinks(out);
for (const { from, to } of dead) console.error(`${from}: ${to} is not there`);
if (dead.length > 0) process.exit(1);
console.log(join(out, 'index.html'));
