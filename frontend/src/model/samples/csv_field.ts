// Tables as text for spreadsheets (RFC 4180).

/** What a spreadsheet may run, and the sign before it by which it does not. */
const GUARDED = /^[=+\-@\t\r']/;
const NUMBER = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i;

/** Rows of cells that are numbers, or texts that were guarded. */
export function writeCsv(rows: readonly (readonly string[])[]): string {
  return rows.map((row) => `${row.map(field).join(",")}\r\n`).join("");
}

/** A text as a cell that is no formula: `tb-embed import` takes the sign off. */
export function guarded(text: string): string {
  return GUARDED.test(text) ? `'${text}` : text;
}

export function isNumber(text: string): boolean {
  return NUMBER.test(text);
}

function field(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
