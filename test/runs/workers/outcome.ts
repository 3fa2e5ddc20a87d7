/** @file What a run came to, but for what depends on the clock: to be compared bit for bit. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeSafetensors } from '../../../meta/safetensors.ts';

export function outcome(run: string) {
  const file = join(run, 'checkpoint', 'state.safetensors');
  const { tensors, metadata } = decodeSafetensors(readFileSync(file), run);
  const { seconds, ...progress } = JSON.parse(metadata.progress);
  const lines = readFileSync(join(run, 'metrics.jsonl'), 'utf8').trimEnd().split('\n');
  const metrics = lines.map((line) => {
    const { seconds, seconds_left, episodes_per_second, ...timeless } = JSON.parse(line);
    return timeless;
  });
  return { tensors, progress, metrics };
}
