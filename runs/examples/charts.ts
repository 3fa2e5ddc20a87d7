import { charts, evaluateMemories, loadTask, memories } from 'ebmm';

const task = await loadTask({ name: 'binary', dimension: 64 }, { cache: '' });
const compared = {
  hebb: memories.classical({ rule: 'hebb' }),
  'pseudo-inverse': memories.classical({ rule: 'pseudo-inverse' }),
  dense: memories.dense({ degree: 3, floats: 64 * 65 }),
  sparsemax: memories.universal({ similarity: 'dot', separation: 'sparsemax', steps: 20, range: [-1, 1] }),
};
const evaluation = await evaluateMemories(compared, { task, patterns: [4, 8, 16, 32], episodes: 10 });

/** A PNG; `format: 'svg'` and 'pdf' are there too. */
export const picture = charts.errorAgainstPatterns(evaluation);
console.log(`${picture.length > 1000 ? 'a picture' : 'nothing'} of ${evaluation.rows.length} errors`);
