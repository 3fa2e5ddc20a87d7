/** @file Numbers as the charts print them. */

/** At most `digits` significant digits; 12,000 with separators; 1e-5 below 0.0001 and 2e7 from ten million on. */
export function formatNumber(value: number, digits = 6): string {
  if (Number.isNaN(value)) return '?';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '−inf';
  if (value === 0) return '0';
  const size = Math.abs(value);
  const sign = value < 0 ? '−' : '';
  const rounded = Number(size.toPrecision(digits));
  if (rounded < 1e-4 || rounded >= 1e7) return sign + rounded.toExponential().replace('e+', 'e');
  const [whole, fraction] = rounded.toString().split('.');
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ',');
  return sign + (fraction === undefined ? grouped : `${grouped}.${fraction}`);
}
