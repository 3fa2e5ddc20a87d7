/** @file Recall as a strip of frames: a row for each example, from the stored pattern and the query to the last iterate. */

import type { SKRSContext2D } from '@napi-rs/canvas';
import * as args from '../../src/arguments.ts';
import { InputError } from '../../src/errors.ts';
import { checkNames } from '../../src/option-names.ts';
import { sizeOf } from '../../src/shapes.ts';
import type { Filmstrip } from '../records.ts';
import { CHART } from './evaluations.ts';
import { drawFrame, isWrong, type Layout, layoutOf } from './frame.ts';
import { drawHeading, type Heading, headingHeight } from './heading.ts';
import { formatNumber } from './numbers.ts';
import { canvasFont, GRID, INK, MARGIN, MUTED, PIXEL_RATIO, TEXT, WIDTH, WRONG } from './style.ts';
import { type Format, picture } from './surface.ts';
import { textWidth } from './text.ts';

/** Iterates shown besides the query; of a longer recall an even selection with its first and last step. */
const MOST_STEPS = 8;
/** In CSS pixels. */
const GAP = 8;
const WIDEST_FRAME = 128;
const NARROWEST_COLUMN = 62;
const COLUMN_HEADING = 24;
const CAPTION_LINE = 16;
const ROW_GAP = 14;

/** One frame with what stands under it. */
interface Frame {
  values: Float32Array;
  /** Unless this is the stored pattern itself; `wrong` sets it in the colour of errors. */
  error?: { text: string; wrong: boolean };
  energy?: string;
}

/**
 * A PNG with a row for each example: stored pattern, query, iterates; under each frame its energy and error. When all
 * stored patterns are binary, the error counts wrong entries and is coloured when there are any, else it is the squared error summed over entries. The width
 * depends on the frames, up to 800 CSS pixels (wider only for images that leave no choice). Throws InputError when there is
 * no example or lengths do not match.
 */
export function filmstrip(
  strip: Filmstrip,
  options: { title?: string; notes?: string[]; format?: Format } = {},
): Uint8Array {
  const { title, notes, format } = CHART;
  checkNames('filmstrip', options, { title, notes, format });
  args.check('filmstrip', { strip: [strip, STRIP] });
  check(strip);
  const layout = layoutOf(strip.patternShape);
  const binary = strip.patterns.every((pattern) => pattern.every((value) => value === 0 || value === 1));
  const steps = shownSteps(strip.frames.length - 1);
  const rows = strip.patterns.map((_, example) => rowOf(strip, example, steps, binary));
  const headings = ['stored', ...steps.map((k) => (k === 0 ? 'query' : `step ${k}`))];
  return draw(
    {
      title: options.title ?? 'Recall step by step',
      notes: [
        ...(options.notes ?? []),
        strip.energies ? 'E: energy' : '',
        binary
          ? `wrong: of ${formatNumber(strip.patterns[0].length)} entries`
          : 'error: squared, summed over the pattern',
        binary && layout.kind === 'bits' ? 'orange: wrong, pale where it says 0, dark where it says 1' : '',
      ],
    },
    headings,
    rows,
    layout,
    binary,
    options.format ?? 'png',
  );
}

const IMAGES = args.listOf(args.numbers, 'patterns, a list of lists of numbers');
const STRIP = args.fields({
  patternShape: args.shape,
  patterns: IMAGES,
  frames: args.listOf(IMAGES),
  energies: args.optional(IMAGES),
});

function check({ patternShape, patterns, frames, energies }: Filmstrip): void {
  if (patterns.length === 0 || frames.length === 0)
    throw new InputError('filmstrip has no frames, nothing to plot');
  const size = sizeOf(patternShape);
  const bad = [patterns, ...frames].flat().find(({ length }) => length !== size);
  if (bad)
    throw new InputError(
      `filmstrip has a frame of ${bad.length} values, expected ${size} for [${patternShape}]`,
    );
  const short = frames.findIndex(({ length }) => length !== patterns.length);
  if (short >= 0) {
    throw new InputError(
      `filmstrip has ${frames[short].length} frames at step ${short}, expected ${patterns.length}`,
    );
  }
  if (energies && energies.length !== frames.length) {
    throw new InputError(`filmstrip has energies for ${energies.length} steps, expected ${frames.length}`);
  }
}

function shownSteps(last: number): number[] {
  if (last <= MOST_STEPS) return Array.from({ length: last + 1 }, (_, k) => k);
  const chosen = Array.from({ length: MOST_STEPS }, (_, i) =>
    Math.round(1 + (i * (last - 1)) / (MOST_STEPS - 1)),
  );
  return [0, ...chosen];
}

function rowOf(strip: Filmstrip, example: number, steps: number[], binary: boolean): Frame[] {
  const stored = strip.patterns[example];
  const frames = steps.map((k): Frame => {
    const values = strip.frames[k][example];
    const energy = strip.energies?.[k]?.[example];
    return {
      values,
      error: binary ? wrongEntries(values, stored) : squaredError(values, stored),
      energy: energy === undefined ? undefined : `E ${compact(energy)}`,
    };
  });
  return [{ values: stored }, ...frames];
}

/** Four digits, as many as a column holds. */
function compact(energy: number): string {
  if (Math.abs(energy) < 1e5 || !Number.isFinite(energy)) return formatNumber(energy, 4);
  return energy.toExponential(2).replace('e+', 'e').replace('-', '−');
}

function wrongEntries(values: Float32Array, stored: Float32Array): Frame['error'] {
  const wrong = values.reduce((count, value, i) => count + Number(isWrong(value, stored[i])), 0);
  return { text: `${formatNumber(wrong)} wrong`, wrong: wrong > 0 };
}

function squaredError(values: Float32Array, stored: Float32Array): Frame['error'] {
  const error = values.reduce((sum, value, i) => sum + (value - stored[i]) ** 2, 0);
  // As many digits as a column holds: 43.7, 0.58, 0.0089.
  return { text: `error ${formatNumber(error, error < 1 ? 2 : 3)}`, wrong: false };
}

function draw(
  heading: Heading,
  headings: string[],
  rows: Frame[][],
  layout: Layout,
  binary: boolean,
  format: Format,
): Uint8Array {
  const columns = headings.length;
  // Two gaps more where the strip changes its subject: after the stored pattern and after the query.
  const gaps = (columns - 1) * GAP + 2 * GAP;
  const room = Math.min(WIDEST_FRAME, (WIDTH - 2 * MARGIN - gaps) / columns);
  // Whole device pixels for each entry keep the frames crisp.
  const scale = Math.max(1, Math.floor((room * PIXEL_RATIO) / layout.width));
  const frameWidth = (layout.width * scale) / PIXEL_RATIO;
  const frameHeight = (layout.height * scale) / PIXEL_RATIO;
  const captions = rows[0].some(({ energy }) => energy !== undefined) ? 2 : 1;
  const texts = rows.flat().flatMap(({ energy, error }) => [energy ?? '', error?.text ?? '']);
  const widest = Math.max(...texts.map((text) => textWidth(text, TEXT.small)));
  const column = Math.ceil(Math.max(frameWidth, NARROWEST_COLUMN, widest));
  const width = Math.max(WIDTH / 2, 2 * MARGIN + columns * column + gaps);
  const rowHeight = Math.ceil(frameHeight) + 4 + captions * CAPTION_LINE + ROW_GAP;
  const top = headingHeight(heading, width) + COLUMN_HEADING;
  const height = top + rows.length * rowHeight - ROW_GAP + MARGIN;

  const left = (c: number) => MARGIN + c * (column + GAP) + Math.min(c, 2) * GAP;
  const centre = (c: number) => left(c) + column / 2;
  return picture(width, height, format, (context) => {
    drawHeading(context, heading, width);
    context.textAlign = 'center';
    context.textBaseline = 'middle';
    context.font = canvasFont(TEXT.normal, 600);
    context.fillStyle = INK;
    headings.forEach((text, c) => {
      context.fillText(text, centre(c), top - COLUMN_HEADING / 2 - 2);
    });
    context.fillStyle = GRID;
    for (const c of [1, 2])
      if (c < columns) context.fillRect(left(c) - GAP - 0.5, top, 1, height - top - MARGIN);
    rows.forEach((row, r) => {
      const y = top + r * rowHeight;
      row.forEach((frame, c) => {
        const x = Math.round((centre(c) - frameWidth / 2) * PIXEL_RATIO);
        inDevicePixels(context, () =>
          drawFrame(
            context,
            layout,
            frame.values,
            binary ? row[0].values : undefined,
            x,
            y * PIXEL_RATIO,
            scale,
          ),
        );
        drawCaption(context, frame, centre(c), y + Math.ceil(frameHeight) + 4);
      });
    });
  });
}

function drawCaption(context: SKRSContext2D, { energy, error }: Frame, x: number, y: number): void {
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  context.font = canvasFont(TEXT.small);
  let line = y + CAPTION_LINE / 2;
  if (energy !== undefined) {
    context.fillStyle = MUTED;
    context.fillText(energy, x, line);
    line += CAPTION_LINE;
  }
  if (error === undefined) return;
  context.fillStyle = error.wrong ? WRONG : MUTED;
  context.fillText(error.text, x, line);
}

/** Frames are drawn in the device pixels of a PNG, whole ones for each entry, all else in CSS pixels. */
function inDevicePixels(context: SKRSContext2D, body: () => void): void {
  context.save();
  context.scale(1 / PIXEL_RATIO, 1 / PIXEL_RATIO);
  body();
  context.restore();
}
