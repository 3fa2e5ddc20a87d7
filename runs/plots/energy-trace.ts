/** @file Energy along recall: a thin line for each query, and their mean. A memory that works goes downhill. */
import * as args from '../../src/arguments.ts';
import { InputError } from '../../src/errors.ts';
import { checkNames } from '../../src/option-names.ts';
import { axisTitle, countAxis, linearAxis } from './axis.ts';
import { CHART } from './evaluations.ts';
import { formatNumber } from './numbers.ts';
import { type Line, renderChart, scaleOf } from './render.ts';
import { faint, INK, PALETTE } from './style.ts';
import type { Format } from './surface.ts';

export interface EnergyTraceOptions {
  title?: string;
  /** Short remarks for the line under the title: what was stored and asked. */
  notes?: string[];
  /** Unit of the energy, for instance "nats"; default none. */
  unit?: string;
  /** Default: png. */
  format?: Format;
}

/** More thin lines than this only blacken the picture. */
const SHOWN = 200;

/**
 * A PNG of energy over recall steps. energies[k][q] is the energy of query q after k steps, as `Recall` has it; values
 * that are not finite leave a gap. Beyond 200 queries the thin lines are an even selection, the mean is of all. The energy
 * axis does not start at zero: an energy has no natural zero. Throws InputError when there is nothing finite.
 */
export function energyTrace(energies: number[][], options: EnergyTraceOptions = {}): Uint8Array {
  const { title, notes, unit, format } = CHART;
  checkNames('energyTrace', options, { title, notes, unit, format });
  args.check('energyTrace', {
    energies: [energies, args.listOf(args.numbers, 'energies of every step, a list of lists')],
  });
  const queries = energies.reduce((most, step) => Math.max(most, step.length), 0);
  const finite = energies.flatMap((step) => step.filter((energy) => Number.isFinite(energy)));
  if (finite.length === 0) throw new InputError('no energies along recall, nothing to plot');
  const shown = Math.min(queries, SHOWN);
  const thin = Array.from({ length: shown }, (_, i) =>
    traceOf(energies, Math.floor((i * queries) / shown), shown),
  );
  return renderChart({
    format: options.format,
    heading: {
      title: options.title ?? 'Energy along recall',
      notes: [
        ...(options.notes ?? []),
        queries === 1
          ? '1 query'
          : `thin: ${queries > shown ? `${shown} of ` : ''}${formatNumber(queries)} queries`,
        queries === 1 ? '' : 'bold: mean',
      ],
    },
    height: 440,
    lines: [meanOf(energies), ...thin],
    scales: {
      x: scaleOf(countAxis(energies.length - 1, 12), 'Recall step', { grid: false }),
      y: scaleOf(linearAxis(finite, { zero: false }), axisTitle('Energy', options.unit ?? '')),
    },
  });
}

function traceOf(energies: number[][], query: number, shown: number): Line {
  return {
    data: energies.map((step, x) => ({ x, y: finiteOr(step[query]) })),
    borderColor: faint(PALETTE[0], Math.max(0.12, Math.min(0.6, 12 / shown))),
    borderWidth: 1,
    clip: false,
  };
}

function meanOf(energies: number[][]): Line {
  return {
    data: energies.map((step, x) => {
      const finite = step.filter((energy) => Number.isFinite(energy));
      return { x, y: finite.reduce((a, b) => a + b, 0) / finite.length };
    }),
    borderColor: INK,
    borderWidth: 2.5,
    pointRadius: energies.length <= 30 ? 3 : 0,
    pointBackgroundColor: INK,
    pointBorderWidth: 0,
    clip: false,
  };
}

function finiteOr(value: number | undefined): number {
  return value !== undefined && Number.isFinite(value) ? value : Number.NaN;
}
