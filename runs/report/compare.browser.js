// Runs in the reader's browser, inside the report: parallel coordinates, error against a key, and the table of runs that follows.
(() => {
  const { table } = JSON.parse(document.getElementById('data').textContent);
  const { keys, runs } = table;
  const SVG = 'http://www.w3.org/2000/svg';
  const colours = ['#0969da', '#cf222e', '#1a7f37', '#9a6700', '#8250df', '#0e7490', '#bf3989', '#57606a'];
  /** Values of a key beyond which neighbours are taken together, and into how many. */
  const [DISTINCT, BINS] = [12, 8];
  const short = (v) => (typeof v !== 'number' ? String(v) : Number.isInteger(v) ? String(v) : String(Number(v.toPrecision(3)))); // biome-ignore format: one line

  function draw(parent, name, attributes = {}, text) {
    const element = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    if (text !== undefined) element.textContent = text;
    parent.append(element);
    return element;
  }

  /** Where values lie between 0 and 1, and the ticks to show. Numbers on a line, logarithmic where they span much; else in a row. */
  function scaleOf(values, logarithmic) {
    const known = values.filter((v) => v !== null);
    const numbers = known.every((v) => typeof v === 'number');
    const distinct = [...new Set(known)];
    if (!numbers) {
      const names = distinct.map(String).sort();
      return { at: (v) => (names.indexOf(String(v)) + 0.5) / names.length, ticks: names, numbers };
    }
    distinct.sort((a, b) => a - b);
    const [low, high] = [distinct[0], distinct[distinct.length - 1]];
    const log = low > 0 && (logarithmic ?? high / low >= 10);
    const f = (v) => (log ? Math.log(v) : v);
    const inverse = (t) => (log ? Math.exp(f(low) + t * (f(high) - f(low))) : low + t * (high - low));
    const at = (v) => (high > low ? (f(v) - f(low)) / (f(high) - f(low)) : 0.5);
    const ticks = distinct.length <= 6 ? distinct : [0, 0.25, 0.5, 0.75, 1].map(inverse);
    return { at, ticks, numbers };
  }

  const errors = runs.map(({ error }) => error);
  const order = [...runs.keys()].filter((i) => errors[i] !== null).sort((a, b) => errors[b] - errors[a]);
  const brushes = new Map();
  const kept = (i) => [...brushes].every(([axis, [a, b]]) => axis.place(i) !== null && axis.place(i) >= a && axis.place(i) <= b); // biome-ignore format: one line

  let fade = () => {};
  const filter = document.getElementById('runs-filter');

  /** Lines and rows of the table follow what is kept on the axes and asked for in words. */
  function follow() {
    fade();
    const names = new Set(runs.filter((_, i) => kept(i)).map(({ name }) => name));
    const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const row of document.querySelector('#compared tbody').rows) {
      const text = row.textContent.toLowerCase();
      row.hidden = !names.has(row.cells[0].textContent) || !words.every((word) => text.includes(word));
    }
  }
  filter?.addEventListener('input', follow);

  function parallel(parent) {
    const columns = [
      ...keys.map((key, k) => ({ label: key, values: runs.map(({ values }) => values[k]) })),
      { label: 'error', values: errors },
    ];
    const [width, height, top, bottom] = [Math.max(parent.clientWidth, 130 * columns.length), 320, 46, 16];
    const svg = draw(parent, 'svg', { width, height, role: 'img', 'aria-label': `Parallel coordinates of ${runs.length} runs` }); // biome-ignore format: one line
    const axes = columns.map(({ label, values }, c) => {
      const { at, ticks } = scaleOf(values);
      const x = 70 + (c * (width - 140)) / (columns.length - 1);
      const y = (t) => height - bottom - t * (height - top - bottom);
      return { label, values, x, y, at, ticks, place: (i) => (values[i] === null ? null : at(values[i])) };
    });
    const lines = draw(svg, 'g', { fill: 'none' });
    const paths = new Map();
    // The best are drawn last, above the others.
    for (const i of [...[...runs.keys()].filter((i) => errors[i] === null), ...order]) {
      const points = axes.flatMap((axis) => (axis.place(i) === null ? [] : [`${axis.x},${axis.y(axis.place(i))}`])); // biome-ignore format: one line
      const path = draw(lines, 'polyline', {
        points: points.join(' '),
        stroke: runs[i].colour,
        'stroke-width': 1.6,
      });
      const said = keys.map((key, k) => `${key} ${short(runs[i].values[k])}`).join('\n');
      draw(path, 'title', {}, `${runs[i].name}\n${said}\nerror ${errors[i] === null ? 'unknown' : short(errors[i])}`); // biome-ignore format: one line
      path.addEventListener('pointerenter', () => path.setAttribute('stroke-width', 4));
      path.addEventListener('pointerleave', () => path.setAttribute('stroke-width', 1.6));
      paths.set(i, path);
    }
    fade = () => {
      for (const [i, path] of paths) path.setAttribute('opacity', kept(i) ? 0.9 : 0.06);
    };
    for (const axis of axes) {
      const { x, y } = axis;
      const dots = axis.label.lastIndexOf('.');
      if (dots > 0) draw(svg, 'text', { x, y: 14, class: 'axis faint' }, axis.label.slice(0, dots));
      draw(svg, 'text', { x, y: 30, class: 'axis' }, axis.label.slice(dots + 1));
      draw(svg, 'line', { x1: x, x2: x, y1: y(0), y2: y(1), class: 'line' });
      for (const tick of axis.ticks) {
        draw(svg, 'line', {
          x1: x - 4,
          x2: x + 4,
          y1: y(axis.at(tick)),
          y2: y(axis.at(tick)),
          class: 'line',
        });
        draw(svg, 'text', { x: x + 7, y: y(axis.at(tick)) + 4, class: 'tick' }, short(tick).slice(0, 14));
      }
      const brush = draw(svg, 'rect', { x: x - 8, width: 16, y: 0, height: 0, class: 'brush' });
      const area = draw(svg, 'rect', { x: x - 12, width: 24, y: y(1) - 6, height: y(0) - y(1) + 12, class: 'area' }); // biome-ignore format: one line
      const heightAt = (event) => {
        const t = (y(0) - (event.clientY - svg.getBoundingClientRect().top)) / (y(0) - y(1));
        return Math.min(1.02, Math.max(-0.02, t));
      };
      let from = null;
      area.addEventListener('pointerdown', (event) => {
        // No text is to be marked.
        event.preventDefault();
        area.setPointerCapture(event.pointerId);
        from = heightAt(event);
        brushes.delete(axis);
        brush.setAttribute('height', 0);
        follow();
      });
      area.addEventListener('pointermove', (event) => {
        if (from === null) return;
        const [a, b] = [from, heightAt(event)].sort((p, q) => p - q);
        if (b - a < 0.02) return;
        brushes.set(axis, [a, b]);
        brush.setAttribute('y', y(b));
        brush.setAttribute('height', y(a) - y(b));
        follow();
      });
      area.addEventListener('pointerup', () => {
        from = null;
      });
    }
    follow();
  }

  /** Runs of one value, or of neighbouring ones, with mean and sample deviation of their errors. */
  function steps(own, k) {
    const sorted = own.map((i) => ({ x: runs[i].values[k], y: errors[i] })).sort((a, b) => (a.x < b.x ? -1 : a.x > b.x ? 1 : 0)); // biome-ignore format: one line
    const distinct = [...new Set(sorted.map(({ x }) => x))];
    const binned = typeof distinct[0] === 'number' && distinct.length > DISTINCT;
    const parts = binned
      ? Array.from({ length: BINS }, (_, b) => sorted.slice((b * sorted.length) / BINS, ((b + 1) * sorted.length) / BINS)) // biome-ignore format: one line
      : distinct.map((value) => sorted.filter(({ x }) => x === value));
    return parts
      .filter((part) => part.length > 0)
      .map((part) => {
        const mean = part.reduce((sum, { y }) => sum + y, 0) / part.length;
        const squares = part.reduce((sum, { y }) => sum + (y - mean) ** 2, 0);
        const deviation = part.length > 1 ? Math.sqrt(squares / (part.length - 1)) : 0;
        const x = binned ? part[Math.floor(part.length / 2)].x : part[0].x;
        return { x, mean, low: mean - deviation, high: mean + deviation };
      });
  }

  function effect(parent, k, by, logarithmic) {
    parent.replaceChildren();
    const [width, height, left, bottom] = [Math.min(900, parent.clientWidth), 360, 76, 44];
    const own = [...runs.keys()].filter((i) => errors[i] !== null && runs[i].values[k] !== null);
    const svg = draw(parent, 'svg', { width, height, role: 'img', 'aria-label': `Error against ${keys[k]}` });
    if (own.length === 0) return void draw(svg, 'text', { x: 20, y: 40, class: 'tick' }, 'No errors yet.');
    const groupOf = (i) => (by === null ? '' : String(runs[i].values[by]));
    const groups = [...new Set(own.map(groupOf))].sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
    const drawn = groups.map((group) => steps(own.filter((i) => groupOf(i) === group), k)); // biome-ignore format: one line
    const least = Math.min(...own.map((i) => errors[i]).filter((v) => v > 0));
    const log = logarithmic && Number.isFinite(least);
    const floor = (v) => (log ? Math.max(v, least / 1.2) : v);
    const edges = drawn.flat().flatMap(({ low, high }) => [floor(low), floor(high)]);
    const vertical = scaleOf([...own.map((i) => floor(errors[i])), ...edges], log);
    const horizontal = scaleOf(own.map((i) => runs[i].values[k]));
    const right = groups.length > 1 ? 150 : 16;
    const X = (v) => left + 14 + horizontal.at(v) * (width - left - right - 28);
    const Y = (v) => height - bottom - vertical.at(floor(v)) * (height - bottom - 16);
    for (const tick of vertical.ticks) {
      draw(svg, 'line', { x1: left, x2: width - right, y1: Y(tick), y2: Y(tick), class: 'grid' });
      draw(svg, 'text', { x: left - 8, y: Y(tick) + 4, class: 'tick end' }, short(tick));
    }
    for (const tick of horizontal.ticks) {
      draw(svg, 'line', {
        x1: X(tick),
        x2: X(tick),
        y1: height - bottom,
        y2: height - bottom + 5,
        class: 'line',
      });
      draw(
        svg,
        'text',
        { x: X(tick), y: height - bottom + 18, class: 'tick middle' },
        short(tick).slice(0, 24),
      );
    }
    draw(svg, 'text', { x: (left + width - right) / 2, y: height - 6, class: 'axis' }, keys[k]);
    draw(svg, 'text', { x: 0, y: 0, class: 'axis', transform: `translate(14 ${(height - bottom) / 2}) rotate(-90)` }, table.what); // biome-ignore format: one line
    for (const [g, group] of groups.entries()) {
      const colour = colours[g % colours.length];
      const points = drawn[g];
      const band = [...points.map(({ x, high }) => `${X(x)},${Y(high)}`), ...[...points].reverse().map(({ x, low }) => `${X(x)},${Y(low)}`)]; // biome-ignore format: one line
      draw(svg, 'polygon', { points: band.join(' '), fill: colour, opacity: 0.16 });
      draw(svg, 'polyline', { points: points.map(({ x, mean }) => `${X(x)},${Y(mean)}`).join(' '), fill: 'none', stroke: colour, 'stroke-width': 2 }); // biome-ignore format: one line
      if (groups.length > 1) {
        draw(svg, 'rect', { x: width - right + 14, y: 22 + 20 * g, width: 12, height: 4, fill: colour });
        draw(svg, 'text', { x: width - right + 32, y: 28 + 20 * g, class: 'tick' }, group.slice(0, 18));
      }
      for (const i of own.filter((each) => groupOf(each) === group)) {
        const dot = draw(svg, 'circle', { cx: X(runs[i].values[k]), cy: Y(errors[i]), r: 3.2, fill: colour, opacity: 0.75 }); // biome-ignore format: one line
        draw(dot, 'title', {}, `${runs[i].name}: ${short(errors[i])}`);
      }
    }
  }

  const parent = document.getElementById('parallel');
  if (parent) {
    const [against, by, log] = ['against', 'by', 'error-log'].map((id) => document.getElementById(id));
    against.append(...keys.map((key, k) => new Option(key, String(k))));
    by.append(new Option('(no key)', ''), ...keys.map((key, k) => new Option(key, String(k))));
    if (keys.length > 1) by.value = '1';
    const redraw = () => {
      const other = by.value === '' || by.value === against.value ? null : Number(by.value);
      effect(document.getElementById('effect'), Number(against.value), other, log.checked);
    };
    for (const control of [against, by, log]) control.addEventListener('change', redraw);
    parallel(parent);
    redraw();
  }

  document.getElementById('csv')?.addEventListener('click', () => {
    const text = (v) => (v === null ? '' : /[",\r\n]/.test(String(v)) ? `"${String(v).replaceAll('"', '""')}"` : String(v)); // biome-ignore format: one line
    const rows = [['run', ...keys, 'seed', 'updates', 'error'], ...runs.map((run) => [run.name, ...run.values, run.seed, run.steps, run.error])]; // biome-ignore format: one line
    const file = new Blob([rows.map((row) => `${row.map(text).join(',')}\n`).join('')], { type: 'text/csv' });
    const link = document.createElement('a');
    link.href = URL.createObjectURL(file);
    link.download = 'runs.csv';
    link.click();
    URL.revokeObjectURL(link.href);
  });
})();
