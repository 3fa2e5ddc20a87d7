/** @file What each symbol means, in a sentence, with the equation beside it and its source. */
import type { ComponentChildren } from 'preact';
import * as s from '../state.ts';
import { bar, frac, line, over, row, square, sub, sup, upright } from './math.tsx';

interface Meaning {
  name: string;
  equation: ComponentChildren;
  says: ComponentChildren;
  source: string;
}

const PAPER =
  'Bartunov, Rae, Osindero and Lillicrap, “Meta-Learning Deep Energy-Based Memory Models”, ICLR 2020';

const E = 'E (x; θ)';
const sumOverEntries = over('∑', 'i');
const [xi, hi, gi, ri] = ['x', 'h', 'g', 'r'].map((of) => sub(of, 'i'));
const slope = row(sub('∇', 'x'), 'E');
const iterate = (k: string) => sup('x', `(${k})`);

/** The energy of the network in use, where the page can say it in two lines. */
const NETWORKS: Record<string, Omit<Meaning, 'name'>> = {
  'hopfield-site': {
    equation: [
      line(E, '=', sumOverEntries, 'f (', xi, ',', hi, ')'),
      line('h =', frac('1', '2'), '(W +', sup('W', '⊤'), ') x'),
    ],
    says: (
      <>
        One number for any pattern: low where it looks stored. Each bit x<sub>i</sub> is judged against h
        <sub>i</sub>, what the other bits say of it, by one small network f shared by all bits. W is the
        memory. With f = −x h / 2 this is Hopfield’s own energy (1982).
      </>
    ),
    source: 'This project; Hopfield 1982',
  },
  'key-value': {
    equation: [line(E, '=', sumOverEntries, 'f (', xi, ',', hi, ', …)'), line('h = D V k (x)')],
    says: (
      <>
        One number for any picture: low where it looks stored. k turns the picture into a short key, the
        memory V turns the key into a code, D turns the code into h, what the memory expects at every pixel; a
        small network f judges each pixel and its neighbours against it.
      </>
    ),
    source: 'This project',
  },
  'coded-slots': {
    equation: [
      line(E, '=', frac('1', '2'), sumOverEntries, '(1 −', ri, ')', sup(row('(', xi, '−', gi, ')'), '2')),
      line(
        'm =',
        over('∑', 'n'),
        sub(upright('softmax'), 'n'),
        '(− β',
        sub('d', 'n'),
        ')',
        sub('M', 'n'),
        ',  g = f (D m)',
      ),
    ],
    says: (
      <>
        One number for any picture: low where it looks stored. Each row M<sub>n</sub> of the memory is a
        stored pattern as a short code, which D turns into a rough picture; d<sub>n</sub> is how far x is from
        it. Codes of near pictures are mixed to m, and a small network f makes of it the guess g at the
        picture behind x. r<sub>i</sub> says how far pixel i is trusted as it is.
      </>
    ),
    source: 'This project',
  },
};

const ANY_ENERGY: Omit<Meaning, 'name'> = {
  equation: line(E, '∈ ℝ'),
  says: <>One number for any pattern x under the weights θ: low where the pattern looks stored.</>,
  source: PAPER,
};

const REST: Meaning[] = [
  {
    name: 'Reading',
    equation: line(
      iterate('k+1'),
      '=',
      upright('proj'),
      '(',
      iterate('k'),
      '+',
      sub('ψ', 'k'),
      'v −',
      sub('γ', 'k'),
      slope,
      ')',
    ),
    says: (
      <>
        Recall is descent: from the query x<sup>(0)</sup>, K steps downhill, with learned step sizes γ and
        momenta ψ; v is the step before. proj keeps values between paper and ink. Known bits do not move.
      </>
    ),
    source: `${PAPER}, equation 3 and appendix`,
  },
  {
    name: 'Writing',
    equation: line(
      <mi mathvariant="script">L</mi>,
      '=',
      frac('1', 'N'),
      over('∑', 'x'),
      '[ E + α',
      square(slope),
      '] + β',
      square('θ −', bar('θ')),
    ),
    says: (
      <>
        Storing is T gradient steps on this loss: make the N patterns deep (E), make them resting places (no
        slope), and do not go far from the initial weights θ̄. Rates are learned for every step and term.
      </>
    ),
    source: `${PAPER}, equations 4 and 5`,
  },
  {
    name: 'Meta-learning',
    equation: line(
      over(upright('min'), row(bar('θ'), ', γ, ψ, α, β')),
      over('∑', 'k'),
      square('x −', iterate('k')),
    ),
    says: (
      <>
        Before you came, an outer loop stored and recalled thousands of such sets and adjusted the starting
        weights and all rates until what comes back is what went in. It differentiates through reading and
        writing: third derivatives.
      </>
    ),
    source: `${PAPER}, equation 6`,
  },
];

export function Symbols() {
  const network = s.memory.value?.network ?? '';
  const all = [{ name: 'The energy', ...(NETWORKS[network] ?? ANY_ENERGY) }, ...REST];
  return (
    <section class="card symbols" aria-labelledby="symbols">
      <header>
        <h2 id="symbols">What the symbols mean</h2>
      </header>
      <dl>
        {all.map(({ name, equation, says, source }) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>
              {equation}
              <p>{says}</p>
              <p class="source">{source}</p>
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
