/** @file What the numbers mean that tables print, for the help of the commands that print them. */
const meanings = {
  error:
    'mean error of a recalled pattern over all episodes: bits on the wrong side, or squared differences of values in [0, 1] added up over a pattern',
  '5-95%': "5th and 95th percentile, over episodes, of an episode's mean error",
  floats:
    'size of the memory: the float32 numbers that storing changes (weights written, slots, hidden state)',
  'bits recovered per float':
    'information per float of the memory: patterns x bits x (1 - H2(p)) / floats, p being the share of wrong bits among those that recall had to give; 2 is what a perceptron can hold',
  compression:
    'bits of the patterns as given (1 a bit, 8 a colour of a pixel) over the bits of the memory: above 1 it is smaller than they are',
  'bits a number': 'to how many bits every number of the memory was rounded',
  'bits of memory': 'floats x bits a number, with the scales of the rounding',
  'seconds to store':
    'median over episodes; of a learned diffusion its training. No benchmark: what else the machine did counts',
  published: "the literature's own numbers under the same protocol, where there are some",
  diverged: 'patterns whose numbers were no longer finite: all their values count as wrong',
  age: 'patterns added after the one that is asked for',
  'the last N of M': 'mean error of the N patterns added last, when M have been added',
  'error (bits)':
    'least mean error within that many bits of memory, over all sizes and roundings tried, and the bits a number that had it',
  'moving error': 'error of training updates, averaged with a weight of 0.05 for the newest',
  validation: 'mean over loads of the error on the validation split, on the same episodes every time',
  loss: 'what training descends: squared error of every read iterate, summed over a pattern',
  gradient: 'norm of the meta-gradient before it is clipped',
  'episodes/s': 'episodes of training per second',
  'held-out': 'mean over loads of the error on the validation split: kept by training.validate or a sweep',
  'error of a run': 'the moving error of its training, over all loads together',
  n: 'runs of one configuration that differ in their seed; errors are then mean and deviation',
  updates: 'those that the run has had, of those that it is to have',
  state: 'running, stopped (can be resumed), finished, pretrained, or damaged (cannot be read)',
  'state of a trial':
    'waiting, running, stopped (is gone on with), behind (halving ended it), failed, or done',
  'error of a trial': 'mean over the loads that decide of the error on the validation split',
  trained: "seconds of the trial's training, all sessions together",
  'fraction recalled':
    'share of the queries whose answer is within the threshold of what was stored (squared error over all values), or nearer to it than to any other',
  memorised: 'share of samples that lie nearer to a stored pattern than 95% of fresh patterns do',
  spurious:
    'share of the others that lie as near to another sample: the model returns to what it was never given',
  generalised: 'share of the rest: new patterns',
  'from stored, from fresh':
    'median distance of a sample from the nearest stored pattern, and from the nearest of many that were never stored',
  'generates from': 'updates after which samples are within twice their least distance from fresh patterns',
  'memorises from': 'updates after which more than 30% of the samples are memorised',
  'updates a pattern': 'the same, over the number of patterns',
  correlation:
    "Pearson's, of all values of the learned model's answers with those of the modern Hopfield network",
  'learned, exact': 'the denoiser that was trained, and the exact one of the stored patterns',
  known: 'recall is told which values of the query are right, and keeps them',
} as const;

export type Term = keyof typeof meanings;

/** A section of a command's help. */
export function numbersHelp(...terms: Term[]): string {
  const width = Math.max(...terms.map((term) => term.length));
  return ['', 'Numbers:', ...terms.map((term) => `  ${term.padEnd(width)}  ${meanings[term]}`)].join('\n');
}
