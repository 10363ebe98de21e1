// Samples as rows of a table: in which order, and as text.
import { guarded, isNumber, writeCsv } from "./csv_field";
import { type Column, type Table, titleOf, valueAt } from "./table";
import { TAGS, type Tags } from "./tags";

/** "file 2" comes before "file 10". */
const READING_ORDER = new Intl.Collator("en", { numeric: true });

/** A new list in the column's order, missing values last; by number of the sample where there is no column. */
export function sortSamples(
  ids: readonly number[],
  column: Column | undefined,
  descending: boolean,
): number[] {
  const sign = descending ? -1 : 1;
  if (column === undefined) return [...ids].sort((a, b) => sign * (a - b));
  const compare = comparison(ids, column, sign);
  return [...ids].sort((a, b) => compare(a, b) || a - b);
}

function comparison(
  ids: readonly number[],
  column: Column,
  sign: 1 | -1,
): (a: number, b: number) => number {
  if (column.type === "text") {
    // Each text is decoded once, not once a comparison.
    const texts = new Map(ids.map((id) => [id, column.texts.at(id)]));
    return (a, b) => sign * READING_ORDER.compare(texts.get(a) ?? "", texts.get(b) ?? "");
  }
  // The words of a category are in order already, so that their codes are too.
  const value =
    column.type !== "category"
      ? (i: number) => column.values[i] ?? Number.NaN
      : (i: number) => ((column.codes[i] ?? -1) < 0 ? Number.NaN : (column.codes[i] as number));
  return (a, b) => {
    const [x, y] = [value(a), value(b)];
    if (Number.isNaN(x) || Number.isNaN(y))
      return Number(Number.isNaN(x)) - Number(Number.isNaN(y));
    return sign * (x - y);
  };
}

export function rowsCsv(ids: readonly number[], table: Table): string {
  const head = ["sample", ...table.map((column) => guarded(titleOf(column)))];
  const cells = table.map(cellOf);
  return writeCsv([head, ...ids.map((id) => [`${id}`, ...cells.map((cell) => cell(id))])]);
}

export function tagsCsv(tags: Tags): string {
  const rows = TAGS.flatMap((tag) =>
    [...tags].filter(([, one]) => one === tag).map(([id]) => [id, tag] as const),
  ).sort(([a], [b]) => a - b);
  return writeCsv([["sample", "tag"], ...rows.map(([id, tag]) => [`${id}`, tag])]);
}

/** All digits of a number, where the page shows a few; texts as cells that are no formulas. */
function cellOf(column: Column): (sample: number) => string {
  if (column.type === "number")
    return (sample) => {
      const value = column.values[sample] ?? Number.NaN;
      return Number.isNaN(value) ? "" : String(value);
    };
  if (column.type === "category" && column.words.every(isNumber))
    return (sample) => valueAt(column, sample);
  return (sample) => guarded(valueAt(column, sample));
}

export interface Share {
  readonly code: number;
  readonly word: string;
  readonly count: number;
}

/** How many of the samples have each word of a category, the commonest first; the missing have code -1. */
export function shares(ids: readonly number[], column: Column): Share[] {
  if (column.type !== "category") return [];
  const counts = new Map<number, number>();
  for (const id of ids) {
    const code = column.codes[id] ?? -1;
    counts.set(code, (counts.get(code) ?? 0) + 1);
  }
  return [...counts]
    .map(([code, count]) => ({ code, word: column.words[code] ?? "no value", count }))
    .sort((a, b) => b.count - a.count || a.code - b.code);
}
