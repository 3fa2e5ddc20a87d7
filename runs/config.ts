/** @file `ebmm config [PRESET|CONFIG.json]`: the complete configuration, the schema of all, and their reference page. */
import type { Command } from 'commander';
import { configJsonSchema } from '../meta/config.ts';
import { configKeys, configReference } from '../meta/config-reference.ts';
import { InputError } from '../src/errors.ts';
import type { IO } from './io.ts';
import { collect, jsonOption } from './options.ts';
import { presetNotes, presetsHelp } from './preset-notes.ts';
import { configure, parseChange, presetNames } from './presets.ts';

export interface ConfigCommand {
  /** A preset or a CONFIG.json; none lists the presets. */
  name?: string;
  set?: string[];
  /** Print the JSON Schema instead. */
  schema?: boolean;
  /** Print the reference page instead. */
  reference?: boolean;
  json?: boolean;
}

/** @throws InputError when the configuration is wrong */
export async function configCommand({ name, set = [], schema, reference, json }: ConfigCommand, io: IO) {
  if ((schema || reference) && (name !== undefined || set.length > 0)) {
    throw new InputError('config: --schema and --reference are those of every configuration; name none');
  }
  if (schema) return io.out(JSON.stringify(configJsonSchema(), null, json ? undefined : 2));
  if (reference) {
    return io.out(json ? JSON.stringify({ keys: configKeys() }) : configReference().trimEnd());
  }
  if (name === undefined) {
    const names = await presetNames();
    if (set.length > 0) throw new InputError(`config: --set of which preset? There are ${names.join(', ')}`);
    return io.out(
      json ? JSON.stringify({ presets: names, notes: presetNotes }) : presetsHelp(names).join('\n'),
    );
  }
  const { config } = await configure(name, set.map(parseChange));
  io.out(JSON.stringify(config, null, json ? undefined : 2));
}

export function addConfigCommand(program: Command, io: IO): void {
  program
    .command('config')
    .argument('[config]', 'a preset or a CONFIG.json')
    .option('--set <key=value>', 'change a key of the configuration', collect)
    .option('--schema', 'print the JSON Schema of configurations')
    .option('--reference', 'print the meaning, range, default and paper value of every key (Markdown)')
    .addOption(jsonOption())
    .action(async (name: string | undefined, options) => configCommand({ ...options, name }, io));
}
