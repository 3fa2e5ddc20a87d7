/** @file Refuses a configuration whose tensors no machine would hold, before anything of that size is made. */
import type { EnergyNetwork } from '../src/energy/index.ts';
import { InputError } from '../src/errors.ts';
import { LARGEST, sizeOf } from '../src/shapes.ts';
import type { Config } from './config.ts';

/** @throws InputError naming the tensor that is too large, and what it is made of */
export function checkSize(
  { training: { episodes, patterns } }: Config,
  network: Pick<EnergyNetwork, 'patternShape' | 'parameters'>,
  label: string,
): void {
  const check = (what: string, shape: readonly number[]) => {
    if (!shape.every(Number.isInteger)) return;
    const size = sizeOf(shape);
    if (!(size <= LARGEST)) {
      throw new InputError(
        `${what} would have shape [${shape}], ${size} numbers, expected at most ${LARGEST}`,
      );
    }
  };
  // What is malformed is for the check of the network to say.
  if (!Array.isArray(network?.patternShape)) return;
  for (const [name, spec] of Object.entries(network.parameters ?? {})) {
    if (!Array.isArray(spec?.shape)) continue;
    const { shape, writable } = spec;
    check(
      `network "${label}": parameter "${name}"${writable ? ` of ${episodes} episodes` : ''}`,
      writable ? [episodes, ...shape] : shape,
    );
  }
  const most = Math.max(...[patterns].flat());
  check('a batch (training.episodes, training.patterns)', [episodes, most, ...network.patternShape]);
}
