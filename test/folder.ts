/** @file A folder that lives as long as a run of the tests, for what their workers make once: they end without a word. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export default function setUp(): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'ebmm-tests-'));
  process.env.EBMM_TEST_FOLDER = folder;
  return () => rmSync(folder, { recursive: true, force: true });
}
