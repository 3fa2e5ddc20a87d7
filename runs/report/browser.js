// Runs in the reader's browser, inside the report: draws the charts, sorts and filters the table.
(() => {
  const data = JSON.parse(document.getElementById('data').textContent);
  const colours = ['#0969da', '#cf222e', '#1a7f37', '#9a6700', '#8250df', '#0e7490', '#bf3989', '#57606a'];
  const ink = getComputedStyle(document.body).color;
  const charts = document.getElementById('charts');
  const log = document.getElementById('log');
  /** The zoomed range of updates, the same for all charts; null: the whole. */
  let range = null;
  let plots = [];
  const hidden = new Set();

  const units = new Set(data.runs.map((run) => run.unit));
  const titleOf = (label) =>
    label.includes('error') && units.size === 1 ? `${label} (${[...units][0]})` : label;

  const band = document.getElementById('band');
  const { table } = data;
  /** More lines than a legend has room for. */
  const MANY = 16;

  /** What is drawn as one: a run, or all runs that differ in their seed only. */
  function entriesNow() {
    if (!band?.checked) return table.runs.map(({ name, colour }, i) => ({ label: name, runs: [i], colour }));
    return table.groups.map(({ label, n, colour }, group) => ({
      colour,
      label: n > 1 ? `${label} (${n})` : label,
      runs: table.runs.flatMap((run, i) => (run.group === group ? [i] : [])),
    }));
  }
  let entries = [];

  /** Columns of an entry: its mean, and of a band also the greatest and the least value. */
  function columnsOf(rows, { runs }) {
    if (!band?.checked) return [rows[runs[0]]];
    const at = rows[0].map((_, x) => runs.map((run) => rows[run][x]).filter((v) => v !== null && v !== undefined)); // biome-ignore format: one line
    const each = (f) => at.map((values) => (values.length > 0 ? f(values) : null));
    return [
      each((values) => values.reduce((a, b) => a + b, 0) / values.length),
      each((values) => Math.max(...values)),
      each((values) => Math.min(...values)),
    ];
  }

  /** Lines that a legend tells apart have colours of their own; where there are many, the colour says how good a run is. */
  const colourOf = ({ colour }, i) => (entries.length > MANY ? colour : colours[i % colours.length]);

  function seriesOf(entry, i) {
    const { label } = entry;
    const stroke = colourOf(entry, i);
    const dash = i >= colours.length && entries.length <= MANY ? [6, 4] : undefined;
    const shared = { spanGaps: data.runs.length > 1, show: !hidden.has(label) };
    const line = { ...shared, label, stroke, dash, width: 1.5 };
    if (!band?.checked) return [line];
    const edge = { ...shared, label: '', stroke: 'transparent', width: 0, class: 'edge', points: { show: false } }; // biome-ignore format: one line
    return [line, edge, edge];
  }

  function draw() {
    for (const plot of plots) plot.destroy();
    entries = entriesNow();
    const span = band?.checked ? 3 : 1;
    plots = data.curves.map(({ label, series }) => {
      const [xs, ...rows] = uPlot.join(series.map(({ x, y }) => [x, y]));
      const positive = series.some(({ y }) => y.some((v) => v > 0));
      const logarithmic = log.checked && positive;
      const columns = entries.flatMap((entry) => columnsOf(rows, entry));
      // What is not positive has no place on a logarithmic scale.
      const values = logarithmic ? columns.map((column) => column.map((v) => (v > 0 ? v : null))) : columns;
      const axis = { stroke: ink, grid: { stroke: '#8884' }, ticks: { stroke: '#8884' } };
      const options = {
        title: titleOf(label),
        width: Math.min(1060, charts.clientWidth),
        height: 260,
        scales: { x: { time: false }, y: { distr: logarithmic ? 3 : 1 } },
        axes: [
          { ...axis, label: 'update', labelSize: 22 },
          { ...axis, size: 70 },
        ],
        legend: { show: entries.length <= MANY },
        cursor: { sync: { key: 'updates' }, drag: { x: true, y: false } },
        series: [{ label: 'update' }, ...entries.flatMap(seriesOf)],
        bands: band?.checked
          ? entries.map((entry, i) => ({ series: [3 * i + 2, 3 * i + 3], fill: `${colourOf(entry, i)}30` }))
          : [],
        hooks: {
          setScale: [
            (plot, key) => {
              if (key === 'x') zoom(plot);
            },
          ],
          setSeries: [
            (_, i, change) => {
              if (i > 0 && change.show !== undefined) toggle(Math.floor((i - 1) / span), change.show, span);
            },
          ],
        },
      };
      return new uPlot(options, [xs, ...values], charts);
    });
    if (range) for (const plot of plots) plot.setScale('x', range);
    charts.dataset.ready = String(plots.length);
  }

  let following = false;
  /** The other charts show the same updates as this one. */
  function zoom(plot) {
    if (following || !plots.includes(plot)) return;
    const { min, max } = plot.scales.x;
    const xs = plot.data[0];
    range = min <= xs[0] && max >= xs[xs.length - 1] ? null : { min, max };
    following = true;
    for (const other of plots) if (other !== plot) other.setScale('x', { min, max });
    following = false;
  }

  /** A run, or a band, is hidden or shown in all charts. */
  function toggle(entry, show, span) {
    const { label } = entries[entry];
    if (hidden.has(label) === !show) return;
    if (show) hidden.delete(label);
    else hidden.add(label);
    for (const plot of plots) {
      for (let i = span * entry + 1; i <= span * (entry + 1); i++) {
        if (plot.series[i].show !== show) plot.setSeries(i, { show });
      }
    }
  }

  if (data.curves[0].series.some(({ x }) => x.length > 0)) {
    draw();
    log.addEventListener('change', draw);
    band?.addEventListener('change', draw);
    let width = charts.clientWidth;
    addEventListener('resize', () => {
      if (charts.clientWidth !== width) draw();
      width = charts.clientWidth;
    });
    // For whoever asks what is shown.
    window.ebmmReport = { range: () => range, plots: () => plots };
  } else charts.textContent = 'No updates logged yet.';

  for (const table of document.querySelectorAll('table.sortable')) {
    const [body] = table.tBodies;
    const heads = [...table.querySelectorAll('th')];
    for (const [column, head] of heads.entries()) {
      head.querySelector('button').addEventListener('click', () => {
        const down = head.getAttribute('aria-sort') === 'ascending';
        for (const other of heads) other.removeAttribute('aria-sort');
        head.setAttribute('aria-sort', down ? 'descending' : 'ascending');
        const value = (row) => {
          const { dataset, textContent } = row.cells[column];
          return dataset.value === undefined ? textContent : Number(dataset.value);
        };
        const order = (a, b) => (a < b ? -1 : a > b ? 1 : 0) * (down ? -1 : 1);
        const rows = [...body.rows].sort((a, b) => order(value(a), value(b)));
        body.append(...rows);
      });
    }
  }
  const body = document.querySelector('#evaluation tbody');
  if (!body) return;
  const filter = document.getElementById('filter');
  filter.addEventListener('input', () => {
    const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const row of body.rows) {
      const text = row.textContent.toLowerCase();
      row.hidden = !words.every((word) => text.includes(word));
    }
  });
})();
