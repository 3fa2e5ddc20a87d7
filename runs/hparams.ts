/**
 * @file What TensorBoard's table of hyperparameters is made of: the settings of a run at its beginning, and how it ended. Messages of
 * tensorboard/plugins/hparams/plugin_data.proto, inside the metadata of summaries.
 */
import protobuf from 'protobufjs/minimal.js';
import { textOf } from './columns.ts';

export interface Hparams {
  /** Dotted keys and their values. */
  values: Readonly<Record<string, unknown>>;
  /** Runs of one group are one row: those that differ in their seed only. Default: a row of its own. */
  group?: string;
}

const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const tag = (field: number, wire: number) => (field << 3) | wire;

/** An empty list of float32, TensorProto: such summaries say all in their metadata. */
const NOTHING = Uint8Array.of(0x08, 0x01, 0x12, 0x02, 0x12, 0x00);
const SUCCESS = 1;

type Write = (writer: protobuf.Writer) => void;

/** Summary.Value with which a run begins. @param time Unix time in seconds */
export const sessionStart = ({ values, group }: Hparams, time: number): Uint8Array =>
  value('_hparams_/session_start_info', 3, (w) => {
    for (const [key, each] of Object.entries(values)) {
      w.uint32(tag(1, BYTES)).fork();
      w.uint32(tag(1, BYTES)).string(key);
      w.uint32(tag(2, BYTES)).fork();
      // google.protobuf.Value
      if (typeof each === 'number') w.uint32(tag(2, FIXED64)).double(each);
      else if (typeof each === 'boolean') w.uint32(tag(4, VARINT)).bool(each);
      else w.uint32(tag(3, BYTES)).string(textOf(each));
      w.ldelim().ldelim();
    }
    if (group) w.uint32(tag(4, BYTES)).string(group);
    w.uint32(tag(5, FIXED64)).double(time);
  });

/** Summary.Value of a run that is over. */
export const sessionEnd = (time: number): Uint8Array =>
  value('_hparams_/session_end_info', 4, (w) => {
    w.uint32(tag(1, VARINT)).int32(SUCCESS);
    w.uint32(tag(2, FIXED64)).double(time);
  });

/** @param field of HParamsPluginData, whose version is 0 */
function value(name: string, field: number, fill: Write): Uint8Array {
  const content = protobuf.Writer.create();
  content.uint32(tag(field, BYTES)).fork();
  fill(content);
  content.ldelim();
  const w = protobuf.Writer.create();
  w.uint32(tag(1, BYTES)).string(name);
  w.uint32(tag(8, BYTES)).bytes(NOTHING);
  w.uint32(tag(9, BYTES)).fork();
  w.uint32(tag(1, BYTES)).fork();
  w.uint32(tag(1, BYTES)).string('hparams').uint32(tag(2, BYTES)).bytes(content.finish());
  w.ldelim().ldelim();
  return w.finish();
}
