/** @file What is seen as a picture: tiles, landscape and curves in one SVG that needs no style sheet; and that as a PNG. */
import * as s from './state.ts';
import { drawPattern } from './view/drawing.ts';
import { palette } from './view/palette.ts';

const WIDTH = 1280;
const HEIGHT = 760;

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

function place(svg: SVGSVGElement, x: number, y: number, width: number, height: number): string {
  const copy = standalone(svg);
  for (const [name, value] of Object.entries({ x, y, width, height })) copy.setAttribute(name, String(value));
  return new XMLSerializer().serializeToString(copy);
}

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
  const width = 190;
  const height = (width * rows) / columns;
  const tiles = [
    ['asked for', picture({ values: target })],
    [`query: ${bits[0]} wrong bits`, picture({ values: query.values, known: query.known, target })],
    [`step ${step}: ${bits[step]} wrong bits`, picture({ values: shown, target })],
  ] as const;
  const parts: string[] = [];
  const text = (content: string, x: number, y: number, size: number, tone = '--text', weight = 400) =>
    parts.push(
      `<text x="${x}" y="${y}" font-size="${size}" font-weight="${weight}" fill="${colour(tone)}">${content}</text>`,
    );
  const info = s.memory.value;
  text(
    `${s.chosen.value}: ${set.count} patterns in ${info?.floats.toLocaleString('en')} floats`,
    32,
    52,
    26,
    '--text',
    600,
  );
  text(
    s.useKnown.value ? 'Recall knows which bits are right.' : 'Recall is told nothing.',
    32,
    80,
    15,
    '--muted',
  );
  for (const [i, [title, href]] of tiles.entries()) {
    const x = 32 + i * (width + 14);
    parts.push(image(href, x, 104, width, height));
    text(title, x, 104 + height + 22, 14);
  }
  const curves = [...document.querySelectorAll<SVGSVGElement>('.timeline .chart')];
  for (const [i, chart] of curves.entries()) {
    parts.push(place(chart, 24, 370 + i * 185, chart.clientWidth || 330, chart.clientHeight || 150));
  }
  const map = document.querySelector<HTMLCanvasElement>('.map canvas');
  const overlay = document.querySelector<SVGSVGElement>('.map svg');
  if (map && overlay) {
    const [x, y, w] = [664, 104, WIDTH - 664 - 32];
    const h = (w * map.height) / map.width;
    parts.push(image(map.toDataURL('image/png'), x, y, w, h), place(overlay, x, y, w, h));
    text('Energy in the plane through three of them, and the path of recall', x, y + h + 24, 14);
  }
  text('ebmm recall explorer', 32, HEIGHT - 20, 13, '--muted');
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" font-family="Inter, system-ui, sans-serif">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="${colour('--surface')}"/>`,
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
    [canvas.width, canvas.height] = [2 * WIDTH, 2 * HEIGHT];
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
