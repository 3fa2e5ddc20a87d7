/** @file What each rival of `evaluate --against` is, in a line. The tables of rivals must have the same names. */
export const rivalNotes = {
  hebb: 'Hopfield 1982, Hebbian weights',
  storkey: "Hopfield with Storkey's rule: more patterns in the same weights",
  'storkey-simplified':
    'the simplified rule of many implementations: the field leaves out the unit itself only',
  'pseudo-inverse':
    'Hopfield with the weights that keep all patterns fixed, while they are fewer than their bits',
  dense: 'dense associative memory (Krotov and Hopfield 2016): a power of the overlaps',
  'dense-exponential': 'the same with the exponential (Demircigil et al. 2017)',
  modern:
    'modern Hopfield network (Ramsauer et al. 2021): softmax over the patterns as they are, as attention',
  'modern-euclidean': 'the same by distance instead of overlap',
  'modern-packed': 'modern over patterns of few bits a value, as many as fit',
  'modern-truncated': 'modern over the first values or the lowest frequencies of each pattern, as float32',
  'modern-truncated-packed': 'likewise in 8 bits each',
  nearest: 'the patterns as they are; the answer is the nearest by what is known',
  'modern-sparsemax': 'modern with sparsemax for softmax (Santos et al. 2024)',
  'modern-entmax': 'modern with 1.5-entmax for softmax',
  epanechnikov: 'log-sum-ReLU energy: basins that end',
  'dense-random': 'dense memory by random features (DrDAM): floats that do not grow with the patterns',
  diffusion: 'exact diffusion of the stored patterns: reverse stochastic equation; beta grows as noise falls',
  'diffusion-ode': 'the same by its probability flow, without noise',
  'diffusion-denoise': 'repeated denoising: modern Hopfield updates with growing beta',
  'diffusion-erasure': 'likewise; what is not known begins as nothing and says nothing',
  'diffusion-conditioned': 'exact conditioning on what is known',
  'diffusion-fixed': 'Langevin dynamics at a fixed beta: noise that does not fall',
  'modern-components': 'modern over principal components of the training images',
  'diffusion-learned': 'a denoising perceptron trained on every episode: slow',
  'diffusion-energy': 'a potential trained so',
} as const;

export type RivalNote = keyof typeof rivalNotes;

export function rivalsHelp(): string {
  const names = Object.keys(rivalNotes) as RivalNote[];
  const width = Math.max(...names.map((name) => name.length));
  return names.map((name) => `  ${name.padEnd(width)}  ${rivalNotes[name]}`).join('\n');
}
