/**
 * @file A tfjs backend that only keeps values: what makes tensors, and reads them back, outside of any program. Everything
 * that computes does so in programs of the engine.
 */
import * as tf from '@tensorflow/tfjs';

class ValuesBackend extends tf.KernelBackend {
  readonly #held = new Map<object, { values: tf.BackendValues; references: number }>();

  override write(values: tf.BackendValues): tf.DataId {
    const dataId = {};
    this.#held.set(dataId, { values, references: 1 });
    return dataId;
  }
  override move(
    dataId: object,
    values: tf.BackendValues,
    _: number[],
    __: tf.DataType,
    references: number,
  ): void {
    this.#held.set(dataId, { values, references });
  }
  override readSync(dataId: object): tf.BackendValues {
    return this.#held.get(dataId)!.values;
  }
  override async read(dataId: object): Promise<tf.BackendValues> {
    return this.readSync(dataId);
  }
  override refCount(dataId: object): number {
    return this.#held.get(dataId)?.references ?? 0;
  }
  override incRef(dataId: object): void {
    const held = this.#held.get(dataId);
    if (held) held.references++;
  }
  override disposeData(dataId: object, force = false): boolean {
    const held = this.#held.get(dataId);
    if (held && --held.references > 0 && !force) return false;
    this.#held.delete(dataId);
    return true;
  }
  override numDataIds(): number {
    return this.#held.size;
  }
  override floatPrecision(): 32 {
    return 32;
  }
  override memory() {
    return { unreliable: false };
  }
  override dispose(): void {
    this.#held.clear();
  }
}

tf.registerBackend('ebmm-values', () => new ValuesBackend());
