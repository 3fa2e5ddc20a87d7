/** @file Chromium of the system, for pages that tests look at. */
import { execFileSync } from 'node:child_process';
import { type Browser, chromium } from 'playwright-core';

/** EBMM_CHROMIUM, or by its usual names; undefined where there is none. */
export const executable = [process.env.EBMM_CHROMIUM, 'chromium', 'chromium-browser', 'google-chrome'].find(
  (name) => {
    try {
      return name && execFileSync(name, ['--version'], { stdio: 'pipe' }).length > 0;
    } catch {
      return false;
    }
  },
);

const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export function launch(): Promise<Browser> {
  const path = execFileSync('sh', ['-c', `command -v ${executable}`], { encoding: 'utf8' }).trim();
  return chromium.launch({ executablePath: path, args: FLAGS });
}
