/** @file Paths of a task: a file or folder, and perhaps, after `#`, an array in it. */
import { existsSync } from 'node:fs';

/** A path, and the array in it that it names after `#`; a file may have that in its name. */
export function pathAndArray(path: string): [path: string, array?: string] {
  const at = path.lastIndexOf('#');
  if (at < 0 || existsSync(path)) return [path];
  return [path.slice(0, at), path.slice(at + 1)];
}
