/**
 * @file From a chart.js configuration to a picture: a PNG by chartjs-node-canvas, an SVG or PDF by chart.js itself. The former asks for the package `canvas`, whose binary a script
 * fetches at installation, where that may; @napi-rs/canvas answers the same calls and comes whole from the registry, so it
 * stands in. Where npm could not install chartjs-node-canvas (in a package that depends on this one the override of `canvas`
 * does not hold), chart.js draws on that canvas itself.
 */
import Module, { createRequire } from 'node:module';
import type { SKRSContext2D } from '@napi-rs/canvas';
import type { ChartConfiguration, ChartItem } from 'chart.js';
import { Chart } from 'chart.js/auto';
import type { ChartJSNodeCanvas } from 'chartjs-node-canvas';
import { createCanvas } from '../../src/canvas.ts';
import { type Format, picture } from './surface.ts';

const require = createRequire(import.meta.url);

interface Resolver {
  _resolveFilename(request: string, ...rest: unknown[]): string;
}

/** Runs a step in which `require('canvas')` gives @napi-rs/canvas. */
function withOwnCanvas<T>(step: () => T): T {
  const resolver = Module as unknown as Resolver;
  const original = resolver._resolveFilename;
  const own = require.resolve('@napi-rs/canvas');
  resolver._resolveFilename = (request, ...rest) =>
    request === 'canvas' ? own : original.call(resolver, request, ...rest);
  try {
    return step();
  } finally {
    resolver._resolveFilename = original;
  }
}

/** Whether chartjs-node-canvas is there. */
export function hasChartjsNodeCanvas(): boolean {
  try {
    require.resolve('chartjs-node-canvas');
    return true;
  } catch {
    return false;
  }
}

interface Size {
  width: number;
  height: number;
}

export function drawWithChartjsNodeCanvas(configuration: ChartConfiguration, size: Size): Uint8Array {
  const renderer = withOwnCanvas(() => {
    const made: { ChartJSNodeCanvas: typeof ChartJSNodeCanvas } = require('chartjs-node-canvas');
    return new made.ChartJSNodeCanvas(size);
  });
  return new Uint8Array(renderer.renderToBufferSync(configuration, 'image/png'));
}

export function drawWithChartjs(configuration: ChartConfiguration, { width, height }: Size): Uint8Array {
  const canvas = createCanvas(width, height);
  // There is no window that it could follow, and nobody to see it move.
  const options = { ...configuration.options, responsive: false, animation: false as const };
  const chart = new Chart(canvas as unknown as ChartItem, { ...configuration, options });
  const png = canvas.toBuffer('image/png');
  chart.destroy();
  return new Uint8Array(png);
}

/** What chart.js takes for a canvas: an SVG or a page of a PDF has a context, but no canvas that could change its size. */
function canvasOf(context: SKRSContext2D, { width, height }: Size): ChartItem {
  const canvas = { width, height, style: {}, getContext: () => shown };
  const shown: SKRSContext2D = new Proxy(context, {
    get(target, key) {
      if (key === 'canvas') return canvas;
      const value = Reflect.get(target, key);
      return typeof value === 'function' ? value.bind(target) : value;
    },
    set: (target, key, value) => Reflect.set(target, key, value),
  });
  return canvas as unknown as ChartItem;
}

function drawVectors(configuration: ChartConfiguration, size: Size, format: Format): Uint8Array {
  return picture(size.width, size.height, format, (context) => {
    const options = {
      ...configuration.options,
      devicePixelRatio: 1,
      responsive: false,
      animation: false as const,
    };
    new Chart(canvasOf(context, size), { ...configuration, options }).stop();
  });
}

const drawPng = hasChartjsNodeCanvas() ? drawWithChartjsNodeCanvas : drawWithChartjs;

/** The chart as a picture of `size` CSS pixels. */
export const drawChart = (
  configuration: ChartConfiguration,
  size: Size,
  format: Format = 'png',
): Uint8Array => (format === 'png' ? drawPng(configuration, size) : drawVectors(configuration, size, format));
