/** @file Numbers as the charts print them. */

/**
 * 12,000 with separators, 1e-5 below 0.0001, true minus signs. Whole numbers are exact unless `digits` is given; it is the
 * greatest number of significant digits, by default 6 for other numbers. Rounded numbers from ten million on become 2e7.
 */
export function formatNumber(value: number, digits?: number): string {
  if (Number.isNaN(value)) return '?';
  // The font has no infinity sign.
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '−inf';
  if (value === 0) return '0';
  const sign = value < 0 ? '−' : '';
  const size = Math.abs(value);
  const exact = digits === undefined && Number.isInteger(size) && size < 1e12;
  const rounded = exact ? size : Number(size.toPrecision(digits ?? 6));
  if (rounded < 1e-4 || (rounded >= 1e7 && !exact)) return sign + rounded.toExponential().replace('e+', 'e');
  const [whole, fraction] = rounded.toString().split('.');
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ',');
  return sign + (fraction === undefined ? grouped : `${grouped}.${fraction}`);
}
