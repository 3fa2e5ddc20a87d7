/** @file What each preset is, in a line: for `train --help` and `config`. A test holds this list against the folder of presets. */
export const presetNotes: Readonly<Record<string, string>> = {
  demo: '128 random bits, Hopfield energy with a learned site function; trains in minutes, what README shows',
  binary: 'the same, trained for longer: 16 to 64 patterns',
  'binary-96-first': 'up to 128 patterns of 128 bits, first of three stages: 10 write and 7 read steps',
  'binary-96-second': 'second stage, --from the first: 12 write and 12 read steps with momentum',
  'binary-96-third': 'third stage, --from the second: 18 write and 16 read steps; the pretrained binary-96',
  'binary-unknown': '128 bits, recall is not told which are right: the same energy',
  'binary-levels': '128 bits, recall is not told: level slots; the pretrained binary-levels',
  'binary-64-bits': '64 patterns of 128 bits in 2 bits a weight',
  'binary-96-bits': '96 patterns of 128 bits in 4 bits a weight',
  'binary-stream': '128 bits one batch after another: Hopfield energy that forgets',
  'stream-hebb': 'streams of 128 bits: one matrix, Hebbian with learned decay',
  'stream-delta': 'streams of 128 bits: one matrix, delta rule',
  'stream-gated-delta': 'streams of 128 bits: one matrix, gated delta rule',
  'stream-momentum': 'streams of 128 bits: one matrix, gradient steps with momentum and decay, as in Titans',
  'gated-first':
    "128 bits, the paper's gated recurrent energy, narrower; first of three stages, on few patterns",
  gated: 'second stage, --from the first: 16 to 64 patterns',
  'gated-last':
    'third stage, --from the second: 32 to 96 patterns, more write steps; the pretrained binary-gated',
  slots: '128 bits, universal Hopfield energy over 16 written slots',
  'memory-network': '128 bits, rival: memory network of 64 slots',
  mann: '128 bits, rival: recurrent controller with external memory (MANN)',
  lstm: '128 bits, rival: LSTM',
  plasticity: '128 bits, rival: differentiable plasticity',
  'diffusion-binary': '64 patterns of 128 bits in the weights of a denoising perceptron',
  'diffusion-binary-energy': 'the same, the denoiser being the slope of a potential',
  'diffusion-mnist': '32 digits in the weights of a denoising U-Net; completes a half',
  'diffusion-mnist-perceptron': 'the same with a perceptron',
  omniglot: '16 drawings, block of 16 missing: key-value energy; the shortest training on drawings',
  'omniglot-2k': '64 drawings in 2,304 floats: coded slots; the canonical split, as the next three',
  'omniglot-4k': '64 drawings in 4,608 floats: coded slots',
  'omniglot-8k': '64 drawings in 8,192 floats: coded slots',
  'omniglot-16k': '64 drawings in 16,384 floats: coded slots',
  'omniglot-3-bits': '64 drawings in 4,608 numbers of 3 bits, --from omniglot-4k: coded slots',
  'omniglot-4k-untold-first':
    '64 drawings, the mask not always told, first of two stages: shows what is noise',
  'omniglot-4k-untold': 'second stage, --from the first: coded slots told the mask or not',
  'omniglot-2k-untold': 'the same in 2,304 floats, --from a first stage of 36 numbers a code',
  'omniglot-8k-untold': 'the same in 8,192 floats, 128 numbers a code',
  'omniglot-16k-untold': 'the same in 16,384 floats, 256 numbers a code',
  'omniglot-4k-any':
    '64 to 128 drawings in 4,608 floats, --from omniglot-4k: coded slots of half as many numbers where more come',
  'omniglot-any':
    '64 to 512 drawings in 16,384 floats, told the mask or not: coded slots of many lengths; not trained here yet',
  'omniglot-key-value': '64 drawings, key-value energy that writes codes',
  'omniglot-fc-first': "the paper's fully connected network, smaller; first of three stages, on 8 drawings",
  'omniglot-fc': 'second stage, --from the first: 16 and 64 drawings',
  'omniglot-fc-last':
    'third stage, --from the second: 64 drawings, more write steps; the pretrained omniglot-64-fc',
  'omniglot-conv-first': "the paper's convolutional network, smaller; first of three stages, on 8 drawings",
  'omniglot-conv': 'second stage, --from the first: 16 and 64 drawings',
  'omniglot-conv-last':
    'third stage, --from the second: 64 drawings, more write steps; the pretrained omniglot-64-conv',
  'omniglot-memory-network': '64 drawings, rival: memory network',
  'omniglot-kanerva': '64 drawings in 4,608 floats, rival: Dynamic Kanerva Machine',
  'cifar10-4k': '64 photographs in 4,608 floats: coded slots',
  'cifar10-4k-untold-first':
    '64 photographs, the mask not always told, --from cifar10-4k, first of two stages: shows what is noise',
  'cifar10-4k-untold': 'second stage, --from the first: coded slots told the mask or not',
  'cifar10-16k': '64 photographs in 16,384 floats: coded slots',
  'cifar10-key-value': '64 photographs, key-value energy that writes codes',
  'slots-mnist': '16 digits, universal Hopfield energy over 8 written slots',
  'paper-binary': "the paper's network and 2,000,000 updates for 128 bits: for the record, weeks of work",
  'paper-omniglot-fc': "the paper's fully connected network on drawings at full size, likewise",
  'paper-omniglot-conv': "the paper's convolutional network on drawings at full size, likewise",
  'paper-cifar10-conv': "the paper's convolutional network on photographs at full size, likewise",
};

/** The presets that there are, a line each. */
export function presetsHelp(names: readonly string[]): string[] {
  const width = Math.max(...names.map((name) => name.length));
  const order = Object.keys(presetNotes);
  const place = (name: string) => (order.includes(name) ? order.indexOf(name) : order.length);
  return [...names]
    .sort((a, b) => place(a) - place(b))
    .map((name) => `${name.padEnd(width)}  ${presetNotes[name] ?? ''}`.trimEnd());
}
