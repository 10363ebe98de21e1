// What is measured of each sample as a column that colours can show: at the moment that is shown, or over the whole run.
import type { SampleMetric, SampleValues } from "../../measures";
import type { Column } from "./table";

export interface Painted {
  readonly column: Column;
  /** The same at all steps, so that colours can be compared between them; null for the column's own. */
  readonly limits: readonly [number, number] | null;
}

/** Where what colours the samples comes from; its name says so, so that no column of the metadata can be meant. */
export type Kind = "step" | "run" | "unit";

/** What samples are coloured by. */
interface Color {
  /** Kind and name, as in the address. */
  readonly name: string;
  /** Null for a unit's activations. */
  readonly metric: SampleMetric | null;
}

/** Beyond, numbers switch half-way between two steps, as categories do: to paint each picture anew would take too long. */
const MOST_BLENDED = 20_000;

export function kindOf(color: string): Kind | null {
  const found = /^(step|run|unit): /.exec(color);
  return (found?.[1] as Kind | undefined) ?? null;
}

/** The server's name of it. */
export function measuredName(color: string): string {
  return color.replace(/^\w+: /, "");
}

/** How a measured number is called as a colour, in addresses too. */
export function colorOfMetric({ name, over_run: overRun }: SampleMetric): string {
  return `${overRun ? "run" : "step"}: ${name}`;
}

export function metricOf(color: string, catalog: readonly SampleMetric[]): SampleMetric | null {
  return catalog.find((metric) => colorOfMetric(metric) === color) ?? null;
}

export function paintedAt(
  color: Color,
  values: SampleValues,
  steps: readonly number[],
  at: number,
): Painted | null {
  const kind = color.metric?.kind ?? "number";
  const overRun = color.metric?.over_run ?? false;
  const rowAt = (place: number) => {
    // What comes a step at a time stays until the next has come.
    if (overRun || values.rows.length === 1) return values.rows[0];
    return values.rows[values.steps.indexOf(steps[place] ?? Number.NaN)];
  };
  const nearest = rowAt(Math.round(at));
  if (nearest === undefined) return null;
  if (kind === "class" || kind === "truth") {
    const words = kind === "truth" ? (color.metric?.words ?? []) : values.classes;
    const codes = Int32Array.from(nearest, (value) => (Number.isNaN(value) ? -1 : value));
    return { column: { type: "category", ...named(color), codes, words }, limits: null };
  }
  if (overRun) return { column: numbers(color, nearest), limits: kind === "share" ? [0, 1] : null };
  const limits: readonly [number, number] = kind === "share" ? [0, 1] : limitsOf(values);
  const [from, to] = [rowAt(Math.floor(at)), rowAt(Math.ceil(at))];
  const share = at - Math.floor(at);
  if (share === 0 || !from || !to || nearest.length > MOST_BLENDED) {
    return { column: numbers(color, nearest), limits };
  }
  const blended = from.map((value, i) => {
    const next = to[i] as number;
    // A value that is missing at one end is that of the other.
    if (Number.isNaN(value)) return next;
    return Number.isNaN(next) ? value : value + share * (next - value);
  });
  return { column: numbers(color, blended), limits };
}

function numbers(color: Color, row: Float32Array): Column {
  return { type: "number", ...named(color), values: Float64Array.from(row) };
}

function named({ name, metric }: Color): { name: string; title?: string } {
  return metric === null ? { name } : { name, title: metric.title };
}

const foundLimits = new WeakMap<SampleValues, readonly [number, number]>();

/** The 2 % and 98 % quantiles of all steps. */
function limitsOf(values: SampleValues): readonly [number, number] {
  const known = foundLimits.get(values);
  if (known !== undefined) return known;
  const length = values.rows.reduce((sum, row) => sum + row.length, 0);
  // Enough of them to know the quantiles by.
  const stride = Math.max(1, Math.floor(length / 100_000));
  const some: number[] = [];
  let place = 0;
  for (const row of values.rows) {
    for (const value of row) {
      place += 1;
      if (place % stride === 0 && !Number.isNaN(value)) some.push(value);
    }
  }
  some.sort((a, b) => a - b);
  const at = (share: number) => some[Math.round(share * (some.length - 1))] ?? 0;
  const limits: [number, number] = at(0.02) < at(0.98) ? [at(0.02), at(0.98)] : [at(0), at(1)];
  foundLimits.set(values, limits);
  return limits;
}
