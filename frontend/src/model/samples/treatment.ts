// Whole numbers with few values are numbers to one reader and classes to another: such a column can be shown as either.
import type { Column } from "./table";

export type Treatment = "number" | "classes";
/** What somebody has chosen, by column. */
export type Treatments = ReadonlyMap<string, Treatment>;

const MOST_CLASSES = 60;

/** As what a recorded column is shown; null where there is no choice. */
export function treatmentOf(
  column: Column,
  treatments: Treatments,
  label: string | null,
): Treatment | null {
  if (twinOf(column) === null) return null;
  const classes = column.type === "category" || column.name === label;
  return treatments.get(column.name) ?? (classes ? "classes" : "number");
}

/** The column as it is shown. */
export function treated(column: Column, treatments: Treatments, label: string | null): Column {
  const treatment = treatmentOf(column, treatments, label);
  const stays = treatment === null || (treatment === "classes") === (column.type === "category");
  return stays ? column : (twinOf(column) ?? column);
}

/** `year:classes,label:number`. */
export function writeTreatments(treatments: Treatments): string {
  return [...treatments].map(([name, one]) => `${encodeURIComponent(name)}:${one}`).join(",");
}

export function readTreatments(text: string): Treatments {
  const read = new Map<string, Treatment>();
  for (const part of text.split(",")) {
    const [, name = "", one] = /^(.+):(number|classes)$/.exec(part) ?? [];
    try {
      if (one !== undefined) read.set(decodeURIComponent(name), one as Treatment);
    } catch {
      // Mangled by whoever passed it on: as good as absent.
    }
  }
  return read;
}

const twins = new WeakMap<Column, { readonly twin: Column | null }>();

/** The same column as the other type; always the same object. */
function twinOf(column: Column): Column | null {
  const known = twins.get(column);
  if (known !== undefined) return known.twin;
  const twin = makeTwin(column);
  twins.set(column, { twin });
  return twin;
}

/** Where a column has a value a step, its twin has the classes and the range of all steps. */
function makeTwin(column: Column): Column | null {
  const { name, byStep } = column;
  const same = byStep ? { name, byStep } : { name };
  if (column.type === "category") {
    const numbers = column.words.map(Number);
    const whole = column.words.every(
      (word, i) => Number.isInteger(numbers[i]) && word === `${numbers[i]}`,
    );
    if (!whole || numbers.length < 2) return null;
    const values = Float64Array.from(column.codes, (code) => numbers[code] ?? Number.NaN);
    const limits = [Math.min(...numbers), Math.max(...numbers)] as const;
    return byStep
      ? { type: "number", ...same, values, limits }
      : { type: "number", ...same, values };
  }
  if (column.type !== "number") return null;
  const counted = byStep ? (column.distinct ?? []) : fewValues(column.values);
  if (counted.length < 2 || counted.length > MOST_CLASSES) return null;
  const codeOf = new Map(counted.map(([value], code) => [value, code]));
  const codes = Int32Array.from(column.values, (value) => codeOf.get(value) ?? -1);
  const words = counted.map(([value]) => String(value));
  const counts = counted.map(([, count]) => count);
  return byStep
    ? { type: "category", ...same, codes, words, counts }
    : { type: "category", ...same, codes, words };
}

/** Each value, ascending, and how often it comes; none where they are no whole numbers or too many. */
function fewValues(values: Float64Array): readonly (readonly [number, number])[] {
  const counts = new Map<number, number>();
  for (const value of values) {
    if (Number.isNaN(value)) continue;
    if (!Number.isInteger(value) || counts.size > MOST_CLASSES) return [];
    counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  return [...counts].sort(([a], [b]) => a - b);
}
