// Which samples a legend or a histogram lets through.
import { type Column, type Table, valuesOf } from "./table";

export type Filter =
  /** Codes of a category that are hidden, -1 for samples without a value. */
  | { readonly kind: "classes"; readonly hidden: ReadonlySet<number> }
  /** Both ends are let through. */
  | { readonly kind: "range"; readonly low: number; readonly high: number };

/** By column. */
export type Filters = ReadonlyMap<string, Filter>;

/** 1 for each sample that every filter lets through; null where there is none to ask. */
export function passing(filters: Filters, table: Table, samples: number): Uint8Array | null {
  let passed: Uint8Array | null = null;
  for (const column of table) {
    const filter = filters.get(column.name);
    const test = filter === undefined ? null : testOf(column, filter);
    if (test === null) continue;
    passed ??= new Uint8Array(samples).fill(1);
    for (let i = 0; i < samples; i += 1) if (!test(i)) passed[i] = 0;
  }
  return passed;
}

/** Hides the codes of one legend entry, or shows them again. */
export function toggleClasses(filter: Filter | undefined, codes: readonly number[]): Filter | null {
  const hidden = new Set(hiddenIn(filter));
  const show = codes.every((code) => hidden.has(code));
  for (const code of codes) {
    if (show) hidden.delete(code);
    else hidden.add(code);
  }
  return hidden.size === 0 ? null : { kind: "classes", hidden };
}

/** Hides all codes but these; where that is so already, shows all again. */
export function onlyClasses(
  filter: Filter | undefined,
  codes: readonly number[],
  all: readonly number[],
): Filter | null {
  const others = all.filter((code) => !codes.includes(code));
  const before = hiddenIn(filter);
  const already = before.size === others.length && others.every((code) => before.has(code));
  return already || others.length === 0 ? null : { kind: "classes", hidden: new Set(others) };
}

export function hiddenIn(filter: Filter | undefined): ReadonlySet<number> {
  return filter?.kind === "classes" ? filter.hidden : new Set();
}

function testOf(column: Column, filter: Filter): ((sample: number) => boolean) | null {
  if (filter.kind === "classes" && column.type === "category") {
    const { hidden } = filter;
    return (sample) => !hidden.has(column.codes[sample] ?? -1);
  }
  const values = valuesOf(column);
  if (values === null) return null;
  if (filter.kind === "range") {
    const { low, high } = filter;
    return (sample) => {
      const value = values[sample] ?? Number.NaN;
      return value >= low && value <= high;
    };
  }
  // The legend of numbers has one entry that is a class: no value.
  return (sample) => !(filter.hidden.has(-1) && Number.isNaN(values[sample]));
}
