/** @file The query, to be spoilt with a brush. */
import { stream } from '../../../../src/random.ts';
import { recall } from '../actions.ts';
import { brush, patterns, query, type Tool, target, tool } from '../state.ts';
import { Surface, touched } from './surface.tsx';

const noise = stream(0, 'explorer', 'brush');

type Touch = (values: Float32Array, known: Float32Array, i: number, pattern: Float32Array) => void;

/** What each tool does to entry i of the query. */
const TOOLS: Record<Tool, Touch> = {
  noise(values, known, i) {
    values[i] = noise.bit();
    known[i] = 0;
  },
  erase(values, known, i, pattern) {
    // Of drawings what is erased is paper; of random bits it says nothing either way.
    values[i] = pattern.length > 256 ? 0 : 0.5;
    known[i] = 0;
  },
  ink(values, known, i, pattern) {
    values[i] = 1;
    known[i] = Number(pattern[i] > 0.5);
  },
  known(values, known, i, pattern) {
    values[i] = pattern[i];
    known[i] = 1;
  },
  unknown(_, known, i) {
    known[i] = 0;
  },
};

export function Brush() {
  const set = patterns.value;
  if (!set) return null;
  const { rows, columns } = set;
  return (
    <Surface
      rows={rows}
      columns={columns}
      label="The query"
      drawn={() => {
        const q = query.value;
        return q && { rows, columns, values: q.values, known: q.known, target: target.value };
      }}
      paint={(places) => {
        const [q, pattern] = [query.value, target.value];
        if (!q || !pattern) return;
        const next = { values: q.values.slice(), known: q.known.slice() };
        const reach = (brush.value / 2) * Math.min(1, columns / 32);
        for (const i of touched(places, reach, rows, columns)) {
          TOOLS[tool.value](next.values, next.known, i, pattern);
        }
        query.value = next;
      }}
      done={() => void recall()}
    />
  );
}
