import { join } from 'node:path';
import { expect, test } from 'vitest';
import { executable } from '../browser.ts';
import { folderOfFile } from '../command.ts';
import { LIGHT, openExplorer } from './opened.ts';

if (!executable)
  console.warn('the explorer is not looked at in a browser: no Chromium (EBMM_CHROMIUM names one)');

const folder = folderOfFile();

test.runIf(executable)(
  'the explorer stores and recalls in headless Chromium, with nothing in its console (npm run test:browser: all it can do)',
  async () => {
    const explorer = await openExplorer(join(folder, 'page'), LIGHT);
    try {
      const { wrong, count, problem } = await explorer.shown();
      expect(count).toBe(16);
      expect(wrong[0]).toBeGreaterThan(20);
      expect(wrong.at(-1)).toBe(0);
      expect(problem).toBe('');
      await explorer.until('ebmmExplorer.energyMap.value?.last');
      expect(await explorer.page.locator('.map .contour').count()).toBeGreaterThan(5);
      expect(explorer.outside).toEqual([]);
      expect(explorer.trouble).toEqual([]);
    } finally {
      await explorer.close();
    }
  },
  120_000,
);
