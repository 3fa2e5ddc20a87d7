/**
 * @file JPEG: its segments are walked here, so that a file that is cut off is known; libjpeg-turbo, which @napi-rs/canvas has
 * inside, decodes it. That has the same bytes as Pillow, once colour profiles and orientation are taken out of its sight.
 */
import { canvas, createCanvas } from '../canvas.ts';
import { orientationInXmp, orientationOf } from './exif.ts';
import { isFrame, segments } from './jpeg-segments.ts';
import { type Header, MOST_PIXELS, type Picture, PictureError } from './picture.ts';

const [END, APP1, APP2] = [0xd9, 0xe1, 0xe2];

const startsWith = (data: Uint8Array, text: string) =>
  data.length >= text.length && [...text].every((c, i) => data[i] === c.charCodeAt(0));

/** From the first bytes alone. @throws PictureError where they have no header of a frame */
export function jpegHeader(bytes: Uint8Array): Header {
  let [exif, xmp] = [1, 1];
  for (const { marker, data } of segments(bytes)) {
    if (marker === APP1) {
      if (startsWith(data, 'Exif\0')) exif = orientationOf(data);
      else if (startsWith(data, 'http://ns.adobe.com/xap/1.0/\0')) xmp = orientationInXmp(data);
    }
    if (!isFrame(marker)) continue;
    const [height, width] = [(data[1] << 8) | data[2], (data[3] << 8) | data[4]];
    const turned = (exif === 1 ? xmp : exif) > 4;
    return {
      width: turned ? height : width,
      height: turned ? width : height,
      grey: data[5] === 1,
      moves: false,
    };
  }
  throw new PictureError('it has no header of a frame');
}

/**
 * @throws PictureError where the file is cut off, damaged or no JPEG
 * @throws NoCanvas where @napi-rs/canvas is not installed
 */
export function decodeJpeg(bytes: Uint8Array): Picture {
  const kept: Uint8Array[] = [bytes.subarray(0, 2)];
  let frame: Uint8Array | undefined;
  let [exif, xmp] = [1, 1];
  for (const { marker, data, from, to } of segments(bytes)) {
    if (marker === APP1) {
      if (startsWith(data, 'Exif\0')) exif = orientationOf(data);
      else if (startsWith(data, 'http://ns.adobe.com/xap/1.0/\0')) xmp = orientationInXmp(data);
      continue;
    }
    if (marker === APP2) continue;
    if (isFrame(marker)) frame ??= data;
    kept.push(bytes.subarray(from, to));
  }
  if (!frame) throw new PictureError('it has no header of a frame');
  kept.push(Uint8Array.of(0xff, END));
  const [height, width] = [(frame[1] << 8) | frame[2], (frame[3] << 8) | frame[4]];
  if (width === 0 || height === 0) throw new PictureError(`its size is ${width} x ${height}`);
  if (width * height > MOST_PIXELS) throw new PictureError(`${width} x ${height} pixels, expected at most ${MOST_PIXELS} in all`); // biome-ignore format: one check
  const image = new (canvas().Image)();
  // What is wrong is seen by what it draws: this would come too late.
  image.onerror = () => {};
  image.src = Buffer.concat(kept);
  const failed = () =>
    new PictureError('it is damaged, or of a kind of JPEG that libjpeg-turbo does not decode');
  if (image.width !== width || image.height !== height) throw failed();
  const context = createCanvas(width, height).getContext('2d');
  context.drawImage(image, 0, 0);
  const { data } = context.getImageData(0, 0, width, height);
  const channels = frame[5] === 1 ? 1 : 3;
  const values = new Uint8Array(width * height * channels);
  for (let i = 0, to = 0; i < data.length; i += 4) {
    if (data[i + 3] !== 255) throw failed();
    for (let c = 0; c < channels; c++) values[to++] = data[i + c];
  }
  return { width, height, channels, values, orientation: exif === 1 ? xmp : exif, frames: 1 };
}
