/**
 * @file Names beside the ends of their lines, which read faster than a legend; moved apart where they would overlap. Where that
 * would move one too far to follow, they are a key instead: in the order of the lines' ends, each with a piece of its line.
 */
import type { SKRSContext2D } from '@napi-rs/canvas';
import type { Chart, Plugin, PointStyle } from 'chart.js';
import { drawPoint } from 'chart.js/helpers';
import { BACKGROUND, canvasFont, INK, MUTED, TEXT } from './style.ts';
import { shorten, textWidth } from './text.ts';

export interface EndLabel {
  name: string;
  /** Second, paler line of the label, or ''. */
  detail: string;
  color: string;
  bold: boolean;
  /** How the line looks, for a key. */
  sample: Sample;
  /** Where the line ends, in the drawn coordinates of the axes x and y; undefined leaves the label out. */
  end: { x: number; y: number } | undefined;
}

export interface Sample {
  width: number;
  dash: readonly number[];
  pointStyle: PointStyle;
  rotation: number;
  hollow: boolean;
}

const LINE = 15;
const GAP = 5;
/** From the chart's edge to the text: room for the connector. */
const INDENT = 36;
/** A label may lie so far from the end of its line; beyond it nobody follows the connector. */
const FARTHEST = 60;
const WIDEST = 230;
/** From the text back to the middle of the marker before it. */
const MARKER = 9;

/** Room the labels need at the right of the chart, in CSS pixels. */
export function labelRoom(labels: EndLabel[]): number {
  let widest = 0;
  for (const { name, detail, bold } of labels) {
    widest = Math.max(widest, textWidth(name, TEXT.normal, bold ? 600 : 400), textWidth(detail, TEXT.small));
  }
  return Math.ceil(Math.min(widest, WIDEST) + INDENT + 6);
}

/** Least height of the chart area that holds all labels. */
export function labelHeight(labels: EndLabel[]): number {
  return labels.reduce((sum, label) => sum + heightOf(label), 0);
}

/** A chart.js plugin that draws the labels into the right padding. */
export function endLabels(labels: EndLabel[]): Plugin<'line'> {
  return {
    id: 'endLabels',
    afterDatasetsDraw(chart: Chart<'line'>) {
      const context = chart.ctx as unknown as SKRSContext2D;
      const { right, top, bottom } = chart.chartArea;
      const shown = labels.filter((label) => label.end !== undefined);
      const ends = shown.map(({ end }) => ({
        x: chart.scales.x.getPixelForValue(end!.x),
        y: chart.scales.y.getPixelForValue(end!.y),
      }));
      const centres = spread(
        ends.map(({ y }) => y),
        shown.map(heightOf),
        top - LINE / 2,
        bottom + LINE / 2,
      );
      const isKey = centres.some((centre, i) => Math.abs(centre - ends[i].y) > FARTHEST);
      context.save();
      context.textBaseline = 'middle';
      shown.forEach((label, i) => {
        if (isKey) drawSample(context, label, right + 13, centres[i] - (label.detail === '' ? 0 : LINE / 2));
        else {
          const at = { x: right, y: centres[i] - (label.detail === '' ? 0 : LINE / 2) };
          drawConnector(context, label.color, ends[i], at);
          drawMarker(context, label, right + INDENT - MARKER, at.y);
        }
        const weight = label.bold ? 600 : 400;
        const half = label.detail === '' ? 0 : LINE / 2;
        context.font = canvasFont(TEXT.normal, weight);
        context.fillStyle = INK;
        context.fillText(shorten(label.name, WIDEST, TEXT.normal, weight), right + INDENT, centres[i] - half);
        context.font = canvasFont(TEXT.small);
        context.fillStyle = MUTED;
        context.fillText(shorten(label.detail, WIDEST, TEXT.small), right + INDENT, centres[i] + half);
      });
      context.restore();
    },
  };
}

interface Place {
  x: number;
  y: number;
}

/** From the end of a line to its label beside the chart's right edge. */
function drawConnector(context: SKRSContext2D, color: string, end: Place, edge: Place): void {
  context.strokeStyle = color;
  context.lineWidth = 1;
  // Dotted where the line ends early, so that the connector is not read as more of the line.
  context.setLineDash(end.x < edge.x - 1 ? [1, 3] : []);
  context.beginPath();
  context.moveTo(end.x + 6, end.y);
  if (end.x < edge.x - 1) context.lineTo(edge.x + 6, end.y);
  context.lineTo(edge.x + INDENT - 2 * MARKER, edge.y);
  context.stroke();
}

/** A piece of the line with its marker, as wide as the room before the text. */
function drawSample(context: SKRSContext2D, { color, sample }: EndLabel, x: number, y: number): void {
  const wide = INDENT - 18;
  context.strokeStyle = color;
  context.lineWidth = sample.width;
  context.setLineDash([...sample.dash]);
  context.beginPath();
  context.moveTo(x, y);
  context.lineTo(x + wide, y);
  context.stroke();
  drawMarker(context, { color, sample }, x + wide / 2, y);
}

function drawMarker(
  context: SKRSContext2D,
  { color, sample: { pointStyle, rotation, hollow } }: Pick<EndLabel, 'color' | 'sample'>,
  x: number,
  y: number,
): void {
  context.setLineDash([]);
  context.strokeStyle = color;
  context.fillStyle = hollow ? BACKGROUND : color;
  const options = { pointStyle, rotation, radius: 4, borderWidth: 1.5 };
  drawPoint(context as unknown as Parameters<typeof drawPoint>[0], options, x, y);
}

const heightOf = (label: EndLabel) => (label.detail === '' ? LINE : 2 * LINE) + GAP;

/**
 * Centres as near to `wanted` as can be (least squares) such that intervals of the given `heights` do not overlap and lie
 * within [low, high]; when they cannot all fit, they start at `low`. Pools neighbours that touch, as isotonic regression
 * does (pool adjacent violators).
 */
export function spread(wanted: number[], heights: number[], low: number, high: number): number[] {
  const order = wanted.map((_, i) => i).sort((a, b) => wanted[a] - wanted[b] || a - b);
  // A block is a run of touching labels: the sum of its members' wishes for the block's top, and their number.
  const blocks: { members: number[]; wishes: number; height: number }[] = [];
  const top = (block: (typeof blocks)[number]) =>
    Math.max(low, Math.min(block.wishes / block.members.length, high - block.height));
  for (const i of order) {
    blocks.push({ members: [i], wishes: wanted[i] - heights[i] / 2, height: heights[i] });
    while (blocks.length > 1) {
      const [before, last] = blocks.slice(-2);
      if (top(before) + before.height <= top(last)) break;
      before.wishes += last.wishes - last.members.length * before.height;
      before.members.push(...last.members);
      before.height += last.height;
      blocks.pop();
    }
  }
  const centres: number[] = new Array(wanted.length);
  for (const block of blocks) {
    let at = top(block);
    for (const i of block.members) {
      centres[i] = at + heights[i] / 2;
      at += heights[i];
    }
  }
  return centres;
}
