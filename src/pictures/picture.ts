/** @file What a picture is once it is read: bytes, row by row, in one channel or three. */

/** More are refused: a few bytes can say that they are any number. As many as Pillow warns of. */
export const MOST_PIXELS = 89_478_485;

export interface Picture {
  width: number;
  height: number;
  channels: 1 | 3;
  /** [height, width, channels], 0 to 255. */
  values: Uint8Array;
  /** EXIF's orientation, 1 to 8; 1: as it is. */
  orientation: number;
  /** More than one: it moves, and this is the first. */
  frames: number;
}

/** What a picture's first bytes say: its size the way up that it is to be seen, and whether it is without colour. */
export interface Header {
  width: number;
  height: number;
  grey: boolean;
  /** Whether it moves: of such the first frame is taken. */
  moves: boolean;
}

/** What is wrong with a picture, after "is not a whole picture: ". */
export class PictureError extends Error {
  override name = 'PictureError';
}
