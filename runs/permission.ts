/** @file Whether modules of runs that were made elsewhere may be run in this process: asked of the command line before anything else is loaded. */

let allowed = false;
let report: (line: string) => void = () => {};
const reported = new Set<string>();

/**
 * `--allow-modules`.
 * @param remark gets a line, once, for a module whose original is no longer what a run keeps of it
 */
export function allowModules(yes: boolean, remark: (line: string) => void = () => {}): void {
  allowed = yes;
  report = remark;
  reported.clear();
}

export const modulesAllowed = (): boolean => allowed;

/** Says a line once. */
export function remarkOnce(line: string): void {
  if (!reported.has(line)) report(line);
  reported.add(line);
}
