/** @file What is seen as a picture: tiles, landscape and curves in one SVG that needs no style sheet; and that as a PNG. */
import * as s from './state.ts';
import { drawPattern } from './view/drawing.ts';
import { palette } from './view/palette.ts';
import { count, plural } from './view/words.ts';

const WIDTH = 1280;
const MARGIN = 32;
/** Between two things side by side. */
const GAP = 14;
/** Of the left half, which has the tiles and, below them, the curves; the landscape has what is left. */
const LEFT = 598;
/** Where tiles and landscape begin. */
const TOP = 104;

/** Properties that the style sheet gives to drawings. */
const STYLES = [
  'fill',
  'fill-opacity',
  'stroke',
  'stroke-width',
  'stroke-opacity',
  'stroke-dasharray',
  'stroke-linecap',
  'stroke-linejoin',
  'paint-order',
  'opacity',
  'font-size',
  'font-weight',
  'text-anchor',
] as const;

/** A copy of a drawing that looks the same alone. */
function standalone(svg: SVGSVGElement): SVGSVGElement {
  const copy = svg.cloneNode(true) as SVGSVGElement;
  const [from, to] = [
    [svg, ...svg.querySelectorAll('*')],
    [copy, ...copy.querySelectorAll('*')],
  ];
  for (const [i, element] of from.entries()) {
    const style = getComputedStyle(element);
    for (const name of STYLES) to[i].setAttribute(name, style.getPropertyValue(name));
    to[i].removeAttribute('class');
  }
  copy.setAttribute('font-family', 'Inter, system-ui, sans-serif');
  return copy;
}

/** A drawing of the page, scaled to this width. */
function place(svg: SVGSVGElement, x: number, y: number, width: number, height: number): string {
  const copy = standalone(svg);
  for (const [name, value] of Object.entries({ x, y, width, height })) copy.setAttribute(name, String(value));
  return new XMLSerializer().serializeToString(copy);
}

const heightOf = (svg: SVGSVGElement, width: number) =>
  (width * svg.viewBox.baseVal.height) / (svg.viewBox.baseVal.width || 1);

const image = (href: string, x: number, y: number, width: number, height: number) =>
  `<image href="${href}" x="${x}" y="${y}" width="${width}" height="${height}" preserveAspectRatio="none"/>`;

/** @throws Error where nothing has been recalled yet */
export function figureSvg(): string {
  const [set, query, target, shown] = [s.patterns.value, s.query.value, s.target.value, s.shown.value];
  if (!set || !query || !target || !shown)
    throw new Error('there is nothing to save yet: store and recall first');
  const { rows, columns } = set;
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [columns * 16, rows * 16];
  const picture = (drawn: { values: Float32Array; known?: Float32Array; target?: Float32Array }) => {
    drawPattern(canvas, { rows, columns, ...drawn }, palette.value);
    return canvas.toDataURL('image/png');
  };
  const styles = getComputedStyle(document.documentElement);
  const colour = (name: string) => styles.getPropertyValue(name).trim();
  const bits = s.wrong.value;
  const step = Math.round(s.position.value);
  const width = (LEFT - 2 * GAP) / 3;
  const height = (width * rows) / columns;
  const tiles = [
    ['asked for', picture({ values: target })],
    [`query: ${count(bits[0])}`, picture({ values: query.values, known: query.known, target })],
    [`step ${step}: ${count(bits[step])}`, picture({ values: shown, target })],
  ] as const;
  const parts: string[] = [];
  const text = (content: string, x: number, y: number, size: number, tone = '--text', weight = 400) =>
    parts.push(
      `<text x="${x}" y="${y}" font-size="${size}" font-weight="${weight}" fill="${colour(tone)}">${content}</text>`,
    );
  const info = s.memory.value;
  text(
    `${s.chosen.value}: ${plural(set.count, 'pattern')} in ${plural(info?.floats ?? 0, 'float')}`,
    MARGIN,
    52,
    26,
    '--text',
    600,
  );
  text(
    s.useKnown.value ? 'Recall knows which bits are right.' : 'Recall is told nothing.',
    MARGIN,
    80,
    15,
    '--muted',
  );
  for (const [i, [title, href]] of tiles.entries()) {
    const x = MARGIN + i * (width + GAP);
    parts.push(image(href, x, TOP, width, height));
    text(title, x, TOP + height + 22, 14);
  }
  let bottom = TOP + height + 22;
  const curves = [...document.querySelectorAll<SVGSVGElement>('.timeline .chart')];
  const wide = (LEFT - GAP) / 2;
  const below = bottom + 24;
  for (const [i, chart] of curves.entries()) {
    const high = heightOf(chart, wide);
    parts.push(place(chart, MARGIN + i * (wide + GAP), below, wide, high));
    bottom = Math.max(bottom, below + high);
  }
  const map = document.querySelector<HTMLCanvasElement>('.map canvas');
  const overlay = document.querySelector<SVGSVGElement>('.map svg');
  if (map && overlay) {
    const x = 2 * MARGIN + LEFT;
    const w = WIDTH - x - MARGIN;
    const h = (w * map.height) / map.width;
    parts.push(image(map.toDataURL('image/png'), x, TOP, w, h), place(overlay, x, TOP, w, h));
    text('Energy in the plane through A, B and C, and the path of recall', x, TOP + h + 22, 14);
    if (s.showBasins.value)
      text('Colours: which stored pattern recall from there ends at', x, TOP + h + 42, 14);
    bottom = Math.max(bottom, TOP + h + (s.showBasins.value ? 42 : 22));
  }
  const high = Math.ceil(bottom + 56);
  text('ebmm recall explorer', MARGIN, high - 20, 13, '--muted');
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${high}" width="${WIDTH}" height="${high}" font-family="Inter, system-ui, sans-serif">`,
    `<rect width="${WIDTH}" height="${high}" fill="${colour('--surface')}"/>`,
    ...parts,
    '</svg>',
  ].join('\n');
}

/** The same, twice as fine. */
export async function figurePng(): Promise<Blob> {
  const address = URL.createObjectURL(new Blob([figureSvg()], { type: 'image/svg+xml' }));
  try {
    const picture = new Image();
    picture.src = address;
    await picture.decode();
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [2 * picture.width, 2 * picture.height];
    canvas.getContext('2d')!.drawImage(picture, 0, 0, canvas.width, canvas.height);
    return await new Promise((resolve, reject) =>
      canvas.toBlob(
        (blob) => (blob ? resolve(blob) : reject(new Error('the picture is empty'))),
        'image/png',
      ),
    );
  } finally {
    URL.revokeObjectURL(address);
  }
}

/** Gives a file to the reader. */
export function save(contents: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(contents);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
