/**
 * @file A run's model card, README.md: what the memory is, its errors, how it was made, how to use it. Made from the files of the run
 * alone; written anew when training ends and when an evaluation is added. What stands outside its two marks is the user's.
 */
import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { z } from 'zod';
import type { Config } from '../meta/config.ts';
import { moduleFiles } from '../meta/config-paths.ts';
import { isScoreNetwork } from '../meta/diffusion-config.ts';
import { InputError } from '../src/errors.ts';
import { writeFileAtomically } from '../src/files.ts';
import { readManifest } from '../src/modules/index.ts';
import { sizeOf } from '../src/shapes.ts';
import { corruptionHelp, patternShapeOf } from '../tasks/index.ts';
import { type KeptEvaluation, readEvaluation, readEvaluations } from './evaluation-file.ts';
import { duration, type IO, keep } from './io.ts';
import { makeModel } from './models.ts';
import { readProvenance, type SessionRecord } from './provenance.ts';
import { publishedBeside } from './published.ts';
import type { Metrics } from './records.ts';
import { isPretrained, paths, readConfig, readJson, readMetrics } from './run-folder.ts';
import { short } from './table.ts';
import { bestValidation, readValidations } from './validations.ts';

const START =
  '<!-- made by "ebmm card" from the files of the run; what is written above and below its two marks is kept -->';
const END = '<!-- end of what "ebmm card" makes -->';

/** What a card is made of. */
interface CardFacts {
  name: string;
  pretrained: boolean;
  config: Config;
  shape?: number[];
  floats?: number;
  last?: Metrics;
  best?: { step: number; error: number };
  evaluation?: KeptEvaluation;
  others: (KeptEvaluation & { file: string })[];
  stream?: z.output<typeof streamSchema>;
  sessions: SessionRecord[];
  modules: string[];
}

const streamSchema = z.looseObject({
  length: z.number(),
  episodes: z.number(),
  rows: z.array(
    z.looseObject({
      memory: z.string(),
      floats: z.number(),
      unit: z.string(),
      ages: z.array(z.looseObject({ from: z.number(), to: z.number(), error: z.number().nullable() })),
    }),
  ),
});

/** The card of a run's folder, between its marks. @throws InputError when a file of the run is damaged */
export async function modelCard(folder: string): Promise<string> {
  return card(await factsOf(folder));
}

/**
 * README.md of a run with its card made anew.
 * @throws InputError when there is one that `ebmm card` did not make
 */
export async function cardFile(folder: string): Promise<{ file: string; text: string }> {
  const file = join(folder, 'README.md');
  const made = `${START}\n\n${(await modelCard(folder)).trim()}\n\n${END}\n`;
  if (!existsSync(file)) return { file, text: made };
  const before = readFileSync(file, 'utf8');
  const [from, to] = [before.indexOf(START), before.indexOf(END)];
  if (from < 0 || to < from)
    throw new InputError(
      `${file}: not made by ebmm card, and left as it is; --out FILE puts the card elsewhere`,
    );
  return { file, text: before.slice(0, from) + made.trimEnd() + before.slice(to + END.length) };
}

/** Writes README.md of a run anew; one that is the user's own stays, and a run that is not the user's to change. */
export async function refreshCard(folder: string, io: IO): Promise<void> {
  if (isPretrained(folder)) return;
  await keep(io, async () => {
    try {
      const { file, text } = await cardFile(folder);
      await writeFileAtomically(file, text);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
    }
  });
}

async function factsOf(folder: string): Promise<CardFacts> {
  const config = await readConfig(folder);
  const [evaluation, others] = [await readEvaluation(folder), await readEvaluations(folder)];
  const sessions = readProvenance(folder);
  const metrics = await readMetrics(folder);
  const { stream } = paths(folder);
  const streamed = existsSync(stream) ? streamSchema.safeParse(await readJson(stream)).data : undefined;
  const own = evaluation?.rows.find(({ memory }) => memory === evaluation.rows[0].memory);
  return {
    name: basename(folder),
    pretrained: isPretrained(folder),
    config,
    shape: shapeOf(config),
    floats: own?.floats ?? streamed?.rows[0]?.floats ?? (await floatsOf(config, sessions)),
    last: metrics.at(-1),
    best: bestValidation(await readValidations(folder)),
    evaluation,
    others: others.filter(({ made_with }) => made_with?.at !== evaluation?.made_with?.at),
    stream: streamed,
    sessions,
    modules: Object.entries(readManifest(folder) ?? {}).map(
      ([kind, { entry, files }]) => `modules/${kind}/${entry} (SHA-256 ${files[entry].slice(0, 12)}...)`,
    ),
  };
}

function shapeOf(config: Config): number[] | undefined {
  try {
    return patternShapeOf(config.task);
  } catch {
    return undefined;
  }
}

/** Memory size where no evaluation says it. No module is run for it. */
async function floatsOf(config: Config, sessions: SessionRecord[]): Promise<number | undefined> {
  const told = sessions[0]?.memory?.floats;
  if (told !== undefined) return told;
  if (moduleFiles(config).length > 0) return undefined;
  return (await makeModel(config).catch(() => undefined))?.floats;
}

const count = (n: number) => n.toLocaleString('en-US');

function card(facts: CardFacts): string {
  const { name, config, floats } = facts;
  const fixed = isScoreNetwork(config.network);
  const { write, read } = config;
  const about = fixed
    ? 'A diffusion model as an associative memory: one fixed set of patterns is stored in all its weights by training, and recalled by denoising.'
    : `A learned associative memory: it stores a batch of patterns in its ${floats === undefined ? 'memory' : `${count(floats)} floats of memory`}, and recalls them from corrupted queries. How it stores and recalls was meta-learned by ebmm${'hopfield-site mlp custom'.includes(config.network.name) ? `, ${write.steps} gradient steps to write and ${read.steps} to read` : ''}.`;
  return [
    `# ${name}`,
    '',
    about,
    '',
    ...table([['', ''], ...factRows(facts)]),
    '',
    ...errors(facts),
    ...usage(facts),
    ...making(facts),
    '## Licence',
    '',
    facts.pretrained
      ? `MIT, as ebmm.${dataLicence(config)}`
      : `ebmm is MIT. The licence of these weights is for whoever trained them to say, below this card.${dataLicence(config)}`,
  ].join('\n');
}

/** A key and what it is, for people. */
function factRows({ config, shape, floats, evaluation }: CardFacts): string[][] {
  const { task, network, corruption, known, range, training } = config;
  const spec =
    typeof corruption === 'object' ? `${basename(corruption.file)} ${optionsOf(corruption)}` : corruption;
  const kind =
    spec &&
    corruptionHelp()
      .split('\n')
      .find((line) => line.split(/[:\s]/)[0] === spec.split(':')[0]);
  const loads = [...new Set([training.patterns].flat())];
  const own = evaluation?.rows[0];
  const bits =
    own?.memory_bits ?? (floats !== undefined && config.write.bits ? undefined : floats && 32 * floats);
  return [
    [
      'task',
      `${task.name}${task.name === 'custom' ? ` (${basename(task.file)})` : ''}${shape ? `: patterns of ${shape.length > 1 ? `${shape.join(' x ')}, ` : ''}${count(sizeOf(shape))} values` : ''}${task.stream ? ', one after another' : ''}`,
    ],
    [
      'corruption',
      spec
        ? `\`${spec.trim()}\`${kind ? `: ${kind.replace(/^\S+\s+/, '').replace(/\bN\b/g, spec.split(':')[1] ?? 'N')}` : ''}`
        : 'as the task has it',
    ],
    [
      'uncorrupted entries',
      known
        ? `**known** to recall${training.untold > 0 ? `; not told in ${short(100 * training.untold)}% of the training` : ''}`
        : '**not known** to recall',
    ],
    [
      'network',
      `\`${network.name}\`${network.name === 'custom' ? ` (${basename(network.file)})` : ''} ${optionsOf(network)}`.trim(),
    ],
    [
      'memory',
      `${floats === undefined ? 'unknown' : `${count(floats)} floats`}${config.write.bits ? `, ${config.write.bits} bits each` : ''}${bits ? `: ${count(bits)} bits` : ''}`,
    ],
    ['patterns at once', `trained with ${loads.map(count).join(', ')}`],
    ['values', `${range[0]} to ${range[1]} in the library; 0 to 1 in files of \`recall\``],
  ];
}

const optionsOf = (part: Record<string, unknown>) =>
  Object.entries(part)
    .filter(
      ([key, value]) =>
        !['name', 'file'].includes(key) && ['string', 'number', 'boolean'].includes(typeof value),
    )
    .map(([key, value]) => `${key} ${value}`)
    .join(', ');

function errors({ evaluation, others, stream, last, best }: CardFacts): string[] {
  const lines = ['## Errors', ''];
  if (evaluation) lines.push(...evaluated(evaluation));
  if (stream) {
    const shown = stream.rows.map(({ memory, floats, ages }) => [
      memory,
      count(floats),
      ...ages.slice(0, 6).map(({ error }) => short(error ?? Number.NaN)),
    ]);
    const head = [
      'memory',
      'floats',
      ...(stream.rows[0]?.ages ?? []).slice(0, 6).map(({ from, to }) => `${from} to ${to} ago`),
    ];
    lines.push(
      `Streams of ${stream.length} patterns, ${stream.episodes} of them; mean error in ${stream.rows[0]?.unit} by how long ago a pattern was added:`,
      '',
      ...table([head, ...shown]),
      '',
    );
  }
  if (!evaluation && !stream)
    lines.push(
      last
        ? `Not evaluated yet. Moving error in training, after ${count(last.step)} updates: ${short(last.error_average)}.`
        : 'Not trained yet.',
      '',
    );
  if (best)
    lines.push(
      `Best validation: ${short(best.error)}, after ${count(best.step)} updates (\`--best\` takes that checkpoint).`,
      '',
    );
  if (others.length > 0) {
    lines.push('Other evaluations that were made:', '');
    for (const { file, corruption, known, steps, rows, made_with } of others)
      lines.push(
        `- [${file}](evaluations/${file}): \`${corruption}\`, ${known ? 'known' : 'not known'}${steps ? `, ${steps} steps of recall` : ''}, ${rows[0].episodes} episodes${made_with ? `, after ${count(made_with.step)} updates, ${made_with.at.slice(0, 10)}` : ''}`,
      );
    lines.push('');
  }
  return lines;
}

function evaluated(evaluation: KeptEvaluation): string[] {
  const { rows, corruption, known, steps, task, made_with } = evaluation;
  const loads = [...new Set(rows.map((row) => row.patterns))].sort((a, b) => a - b);
  const kinds = [...new Map(rows.map((row) => [`${row.memory} ${row.bits}`, row])).values()];
  const bits = rows.some((row) => row.bits !== undefined);
  const band = (row: (typeof rows)[number] | undefined) =>
    row
      ? `${short(row.error ?? Number.NaN)} (${short(row.error_p5 ?? Number.NaN)}-${short(row.error_p95 ?? Number.NaN)})`
      : '-';
  const body = kinds.map(({ memory, bits: each }) => {
    const own = rows.filter((row) => row.memory === memory && row.bits === each);
    const floats = own.map((row) => row.floats);
    const sizes = [...new Set([Math.min(...floats), Math.max(...floats)])].map(count).join(' to ');
    return [
      memory,
      sizes,
      ...(bits ? [each === undefined ? '-' : String(each)] : []),
      ...loads.map((n) => band(own.find(({ patterns }) => patterns === n))),
    ];
  });
  const published = publishedBeside(evaluation).map(({ name, points }) => [
    name,
    '',
    ...(bits ? ['-'] : []),
    ...loads.map((n) => points.find(([p]) => p === n)?.[1].toString() ?? '-'),
  ]);
  return [
    `Mean error in ${rows[0].unit} of a pattern of ${task} (5th to 95th percentile of episodes), ${rows[0].episodes} episodes, \`${corruption}\`, uncorrupted entries ${known ? 'known' : 'not known'}${steps ? `, ${steps} steps of recall` : ''}${made_with ? `, after ${count(made_with.step)} updates` : ''}:`,
    '',
    ...table([
      ['memory', 'floats', ...(bits ? ['bits each'] : []), ...loads.map((n) => `${n} patterns`)],
      ...body,
      ...published,
    ]),
    '',
  ];
}

function usage({ name, pretrained, config, modules }: CardFacts): string[] {
  const run = pretrained ? name : 'RUN';
  if (isScoreNetwork(config.network))
    return ['## Use', '', '```', `ebmm diffusion compare ${run}`, '```', ''];
  return [
    '## Use',
    '',
    ...(pretrained ? [] : ['`RUN` is this folder.', '']),
    '```',
    config.task.stream ? `ebmm stream ${run}` : `ebmm evaluate ${run}`,
    `ebmm recall ${run} --patterns FILE --queries FILE${config.known ? ' --known FILE' : ''}`,
    '```',
    '',
    '```ts',
    "import { compiledEngine, loadRun, memoryOf } from 'ebmm';",
    `const memory = memoryOf(await loadRun('${run}'), compiledEngine());`,
    'const stored = await memory.store(patterns);',
    `const { patterns: recalled } = await stored.recall(queries${config.known ? ', { known }' : ''});`,
    '```',
    '',
    ...(modules.length > 0
      ? [
          'It brings code of its own, which runs only where this user made the run, or with `--allow-modules`:',
          '',
          ...modules.map((file) => `- ${file}`),
          '',
        ]
      : []),
  ];
}

/** How it was trained. */
function making({ config, last, sessions }: CardFacts): string[] {
  const { steps, episodes } = config.training;
  const lines = [
    `- ${count(last?.step ?? 0)} of ${count(steps)} updates of ${count(episodes)} episodes, ${duration(last?.seconds ?? 0)}; seed ${config.seed}`,
  ];
  for (const { at, step, command, from, engine, processor, versions, code, data } of sessions) {
    const words = command ? ` \`ebmm ${command.join(' ')}\`` : '';
    const commit = code ? `, commit ${code.commit.slice(0, 12)}${code.dirty ? ' with changes' : ''}` : '';
    const { target, threads } = engine as { target?: string; threads?: number };
    const on = [
      target ?? engine.name,
      ...(threads ? [`${threads} ${threads === 1 ? 'thread' : 'threads'}`] : []),
    ].join(', ');
    lines.push(
      `- ${at.slice(0, 10)}, from update ${count(step)}:${words}; ebmm ${versions.ebmm}${commit}, Node ${versions.node}; ${on}, ${processor.model}`,
    );
    if (from)
      lines.push(
        `- begun with the parameters of ${from.run} after ${count(from.step)} updates (SHA-256 ${from.sha256.slice(0, 12)}...)`,
      );
    for (const { path, sha256, md5 } of data ?? [])
      lines.push(`- data: ${path} (${sha256 ? `SHA-256 ${sha256.slice(0, 12)}...` : `MD5 ${md5}`})`);
  }
  return [
    '## How it was made',
    '',
    ...new Set(lines),
    '',
    'Everything is in config.json (`ebmm train config.json` makes it again), metrics.jsonl and, where there is one, provenance.json.',
    '',
  ];
}

const DATA_LICENCES: Partial<Record<Config['task']['name'], string>> = {
  omniglot: ' Omniglot (Lake, Salakhutdinov and Tenenbaum 2015) is MIT.',
  mnist: ' MNIST (LeCun, Cortes and Burges) is CC BY-SA 3.0.',
  cifar10: ' CIFAR-10 (Krizhevsky 2009) states no licence.',
};
const dataLicence = ({ task }: Config) => DATA_LICENCES[task.name] ?? '';

/** Markdown; the first row is the head. */
function table(rows: string[][]): string[] {
  const cells = rows.map((row) => row.map((text) => text.replaceAll('|', '\\|').replaceAll('\n', ' ')));
  const line = (row: string[]) => `| ${row.join(' | ')} |`;
  const [head, ...body] = cells;
  return [line(head), line(head.map(() => '---')), ...body.map(line)];
}
