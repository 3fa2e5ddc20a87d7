/** @file What each symbol means, in a sentence, with the equation beside it and its source. */
import type { ComponentChildren } from 'preact';
import * as s from '../state.ts';

const M = ({ children }: { children: ComponentChildren }) => <math display="block">{children}</math>;
const x = <mi>x</mi>;
const theta = <mi>θ</mi>;
const E = (
  <mrow>
    <mi>E</mi>
    <mo>(</mo>
    {x}
    <mo>;</mo>
    {theta}
    <mo>)</mo>
  </mrow>
);

interface Meaning {
  name: string;
  equation: ComponentChildren;
  says: ComponentChildren;
  source: string;
}

const PAPER =
  'Bartunov, Rae, Osindero and Lillicrap, “Meta-Learning Deep Energy-Based Memory Models”, ICLR 2020';

/** The energy of the network in use, where the page can say it in one line. */
const NETWORKS: Record<string, Meaning> = {
  'hopfield-site': {
    name: 'The energy',
    equation: (
      <>
        <M>
          <mrow>
            {E}
            <mo>=</mo>
            <munder>
              <mo>∑</mo>
              <mi>i</mi>
            </munder>
            <mi>f</mi>
            <mo>(</mo>
            <msub>
              {x}
              <mi>i</mi>
            </msub>
            <mo>,</mo>
            <msub>
              <mi>h</mi>
              <mi>i</mi>
            </msub>
            <mo>)</mo>
          </mrow>
        </M>
        <M>
          <mrow>
            <mi>h</mi>
            <mo>=</mo>
            <mfrac>
              <mn>1</mn>
              <mn>2</mn>
            </mfrac>
            <mo>(</mo>
            <mi>W</mi>
            <mo>+</mo>
            <msup>
              <mi>W</mi>
              <mo>⊤</mo>
            </msup>
            <mo>)</mo>
            {x}
          </mrow>
        </M>
      </>
    ),
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
    name: 'The energy',
    equation: (
      <>
        <M>
          <mrow>
            {E}
            <mo>=</mo>
            <munder>
              <mo>∑</mo>
              <mi>i</mi>
            </munder>
            <mi>f</mi>
            <mo>(</mo>
            <msub>
              {x}
              <mi>i</mi>
            </msub>
            <mo>,</mo>
            <msub>
              <mi>h</mi>
              <mi>i</mi>
            </msub>
            <mo>, …)</mo>
          </mrow>
        </M>
        <M>
          <mrow>
            <mi>h</mi>
            <mo>=</mo>
            <mi>D</mi>
            <mi>V</mi>
            <mi>k</mi>
            <mo>(</mo>
            {x}
            <mo>)</mo>
          </mrow>
        </M>
      </>
    ),
    says: (
      <>
        One number for any picture: low where it looks stored. k turns the picture into a short key, the
        memory V turns the key into a code, D turns the code into h, what the memory expects at every pixel; a
        small network f judges each pixel and its neighbours against it.
      </>
    ),
    source: 'This project',
  },
};

const ANY_ENERGY: Meaning = {
  name: 'The energy',
  equation: (
    <M>
      <mrow>
        {E}
        <mo>∈</mo>
        <mi>ℝ</mi>
      </mrow>
    </M>
  ),
  says: <>One number for any pattern x under the weights θ: low where the pattern looks stored.</>,
  source: PAPER,
};

const grad = (
  <mrow>
    <msub>
      <mo>∇</mo>
      {x}
    </msub>
    <mi>E</mi>
  </mrow>
);

const REST: Meaning[] = [
  {
    name: 'Reading',
    equation: (
      <M>
        <mrow>
          <msup>
            {x}
            <mrow>
              <mo>(</mo>
              <mi>k</mi>
              <mo>+</mo>
              <mn>1</mn>
              <mo>)</mo>
            </mrow>
          </msup>
          <mo>=</mo>
          <mi mathvariant="normal">proj</mi>
          <mo>(</mo>
          <msup>
            {x}
            <mrow>
              <mo>(</mo>
              <mi>k</mi>
              <mo>)</mo>
            </mrow>
          </msup>
          <mo>+</mo>
          <msub>
            <mi>ψ</mi>
            <mi>k</mi>
          </msub>
          <mi>v</mi>
          <mo>−</mo>
          <msub>
            <mi>γ</mi>
            <mi>k</mi>
          </msub>
          {grad}
          <mo>)</mo>
        </mrow>
      </M>
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
    equation: (
      <M>
        <mrow>
          <mi mathvariant="script">L</mi>
          <mo>=</mo>
          <mfrac>
            <mn>1</mn>
            <mi>N</mi>
          </mfrac>
          <munder>
            <mo>∑</mo>
            <mi>x</mi>
          </munder>
          <mo>[</mo>
          <mi>E</mi>
          <mo>+</mo>
          <mi>α</mi>
          <msup>
            <mrow>
              <mo>|</mo>
              {grad}
              <mo>|</mo>
            </mrow>
            <mn>2</mn>
          </msup>
          <mo>]</mo>
          <mo>+</mo>
          <mi>β</mi>
          <msup>
            <mrow>
              <mo>|</mo>
              {theta}
              <mo>−</mo>
              <mover>
                {theta}
                <mo>¯</mo>
              </mover>
              <mo>|</mo>
            </mrow>
            <mn>2</mn>
          </msup>
        </mrow>
      </M>
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
    equation: (
      <M>
        <mrow>
          <munder>
            <mi mathvariant="normal">min</mi>
            <mrow>
              <mover>
                {theta}
                <mo>¯</mo>
              </mover>
              <mo>,</mo>
              <mi>γ</mi>
              <mo>,</mo>
              <mi>ψ</mi>
              <mo>,</mo>
              <mi>α</mi>
              <mo>,</mo>
              <mi>β</mi>
            </mrow>
          </munder>
          <munder>
            <mo>∑</mo>
            <mi>k</mi>
          </munder>
          <msup>
            <mrow>
              <mo>|</mo>
              {x}
              <mo>−</mo>
              <msup>
                {x}
                <mrow>
                  <mo>(</mo>
                  <mi>k</mi>
                  <mo>)</mo>
                </mrow>
              </msup>
              <mo>|</mo>
            </mrow>
            <mn>2</mn>
          </msup>
        </mrow>
      </M>
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
  const all = [NETWORKS[network] ?? ANY_ENERGY, ...REST];
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
