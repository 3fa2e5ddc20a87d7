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

  function draw() {
    for (const plot of plots) plot.destroy();
    plots = data.curves.map(({ label, series }) => {
      const table = uPlot.join(series.map(({ x, y }) => [x, y]));
      const positive = series.some(({ y }) => y.some((v) => v > 0));
      const logarithmic = log.checked && positive;
      // What is not positive has no place on a logarithmic scale.
      const values = logarithmic
        ? table.map((column, i) => (i === 0 ? column : column.map((v) => (v > 0 ? v : null))))
        : table;
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
        cursor: { sync: { key: 'updates' }, drag: { x: true, y: false } },
        series: [
          { label: 'update' },
          ...data.runs.map((run, i) => ({
            label: run.name,
            stroke: colours[i % colours.length],
            dash: i >= colours.length ? [6, 4] : undefined,
            width: 1.5,
            spanGaps: series.length > 1,
            show: !hidden.has(i),
          })),
        ],
        hooks: {
          setScale: [
            (plot, key) => {
              if (key === 'x') zoom(plot);
            },
          ],
          setSeries: [
            (_, i, change) => {
              if (i > 0 && change.show !== undefined) toggle(i - 1, change.show);
            },
          ],
        },
      };
      return new uPlot(options, values, charts);
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

  /** A run is hidden or shown in all charts. */
  function toggle(run, show) {
    if (hidden.has(run) === !show) return;
    if (show) hidden.delete(run);
    else hidden.add(run);
    for (const plot of plots) if (plot.series[run + 1].show !== show) plot.setSeries(run + 1, { show });
  }

  if (data.curves[0].series.some(({ x }) => x.length > 0)) {
    draw();
    log.addEventListener('change', draw);
    let width = charts.clientWidth;
    addEventListener('resize', () => {
      if (charts.clientWidth !== width) draw();
      width = charts.clientWidth;
    });
    // For whoever asks what is shown.
    window.ebmmReport = { range: () => range, plots: () => plots };
  } else charts.textContent = 'No updates logged yet.';

  const body = document.querySelector('#evaluation tbody');
  if (!body) return;
  const heads = [...document.querySelectorAll('#evaluation th')];
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
  const filter = document.getElementById('filter');
  filter.addEventListener('input', () => {
    const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const row of body.rows) {
      const text = row.textContent.toLowerCase();
      row.hidden = !words.every((word) => text.includes(word));
    }
  });
})();
