/** @file The heading of every picture: what it shows, and under it, paler, how it was measured. */
import type { SKRSContext2D } from '@napi-rs/canvas';
import { canvasFont, INK, MARGIN, MUTED, TEXT } from './style.ts';
import { joinParts, shorten } from './text.ts';

export interface Heading {
  title: string;
  /** Short remarks, set in one line where they fit; empty ones are left out. */
  notes: string[];
}

const TITLE_LINE = 24;
const NOTE_LINE = 18;
const BELOW = 12;

/** Height of the heading in a picture of this width, with the margin above it and room below, in CSS pixels. */
export function headingHeight(heading: Heading, width: number): number {
  return MARGIN + TITLE_LINE + NOTE_LINE * noteLines(heading, width).length + BELOW;
}

/** Draws the heading at the top left. The context is scaled to CSS pixels. */
export function drawHeading(context: SKRSContext2D, heading: Heading, width: number): void {
  const room = width - 2 * MARGIN;
  context.save();
  context.textAlign = 'left';
  context.textBaseline = 'middle';
  context.font = canvasFont(TEXT.title, 600);
  context.fillStyle = INK;
  context.fillText(shorten(heading.title, room, TEXT.title, 600), MARGIN, MARGIN + TITLE_LINE / 2);
  context.font = canvasFont(TEXT.normal);
  context.fillStyle = MUTED;
  noteLines(heading, width).forEach((line, i) => {
    context.fillText(line, MARGIN, MARGIN + TITLE_LINE + NOTE_LINE * (i + 0.5));
  });
  context.restore();
}

function noteLines({ notes }: Heading, width: number): string[] {
  return joinParts(notes, width - 2 * MARGIN, TEXT.normal);
}
