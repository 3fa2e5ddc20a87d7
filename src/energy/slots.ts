/** @file Slots of a stream: first in, first out. */
import * as tf from '@tensorflow/tfjs';

/** A table [episodes, rows, length] whose rows have moved on by `count`: the first ones are empty, and the last ones gone. */
export function movedOn(table: tf.Tensor, count: number): tf.Tensor {
  const [episodes, rows, length] = table.shape as [number, number, number];
  if (count >= rows) return tf.zerosLike(table);
  return tf.pad3d(tf.slice(table as tf.Tensor3D, [0, 0, 0], [episodes, rows - count, length]), [
    [0, 0],
    [count, 0],
    [0, 0],
  ]);
}
