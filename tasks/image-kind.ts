/** @file Images as augmentation takes them. */
export interface ImageKind {
  shape: readonly [height: number, width: number, channels: number];
  /**
   * Drawings of 0 (paper) and 1 (ink): paper moves in, and mixing adds ink. Else pictures: the border's pixels are repeated,
   * and mixing replaces a part.
   */
  drawings: boolean;
}

/** A typed array of an image's values, [height, width, channels]. */
export type Pixels = Uint8Array | Float32Array;
