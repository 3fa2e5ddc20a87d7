/** @file Text and cells of tables in a page. */

const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

export const html = (text: string) => text.replace(/[&<>"']/g, (c) => ENTITIES[c]);

/** Numbers carry their full value for sorting. */
export function cell(value: unknown): string {
  if (typeof value === 'number') return `<td class="number" data-value="${value}">${shown(value)}</td>`;
  return `<td>${value === undefined || value === null ? '' : html(String(value))}</td>`;
}

const shown = (value: number) =>
  Number.isInteger(value) ? value.toLocaleString('en') : Number(value.toPrecision(3)).toString();
