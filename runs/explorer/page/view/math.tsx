/**
 * @file Equations as MathML, in few words: strings are cut into letters (identifiers), digits and signs; the functions make what
 * stands over, under and beside them.
 */
import type { ComponentChildren } from 'preact';

/** A string is cut into symbols, spaces dropped; anything else stands as it is. */
export type Part = string | Exclude<ComponentChildren, string>;

const symbol = (c: string) => (/\p{L}/u.test(c) ? <mi>{c}</mi> : /\d/.test(c) ? <mn>{c}</mn> : <mo>{c}</mo>);

const symbols = (part: Part) => (typeof part === 'string' ? [...part.replaceAll(' ', '')].map(symbol) : part);

export const row = (...parts: Part[]) => <mrow>{parts.map(symbols)}</mrow>;

/** An equation on a line of its own. */
export const line = (...parts: Part[]) => <math display="block">{row(...parts)}</math>;

export const sub = (base: Part, below: Part) => (
  <msub>
    {row(base)}
    {row(below)}
  </msub>
);

export const sup = (base: Part, above: Part) => (
  <msup>
    {row(base)}
    {row(above)}
  </msup>
);

/** A sum, a least value: what it is over stands beneath. */
export const over = (base: Part, below: Part) => (
  <munder>
    {row(base)}
    {row(below)}
  </munder>
);

export const bar = (base: Part) => (
  <mover>
    {row(base)}
    <mo>¯</mo>
  </mover>
);

export const frac = (top: Part, bottom: Part) => (
  <mfrac>
    {row(top)}
    {row(bottom)}
  </mfrac>
);

/** The name of a function, upright. */
export const upright = (name: string) => <mi mathvariant="normal">{name}</mi>;

/** |...|^2 */
export const square = (...parts: Part[]) => sup(row('|', ...parts, '|'), '2');
