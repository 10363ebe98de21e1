// What is measured of each sample as a column that colours can show: at the moment that is shown, or over the whole run.
import type { SampleValues } from "../measures";
import type { Column } from "./table";

export interface Painted {
  readonly column: Column;
  /** The same at all steps, so that colours can be compared between them; null for the column's own. */
  readonly limits: readonly [number, number] | null;
}

/** Where what colours the samples comes from; its name says so, so that no column of the metadata can be meant. */
export type Kind = "step" | "run" | "unit";

interface Choice {
  readonly name: string;
  readonly title: string;
  /** It needs the outputs of the model. */
  readonly of_outputs: boolean;
}

export const CHOICES: readonly Choice[] = [
  { name: "step: prediction", title: "Prediction", of_outputs: true },
  { name: "step: confidence", title: "Confidence", of_outputs: true },
  { name: "step: correct", title: "Correctness", of_outputs: true },
  { name: "step: loss", title: "Loss", of_outputs: true },
  { name: "step: margin", title: "Margin", of_outputs: true },
  { name: "step: displacement_of", title: "Displacement", of_outputs: false },
  { name: "step: churn_of", title: "Churn of neighbors", of_outputs: false },
  { name: "step: agreement", title: "Agreement of neighbors", of_outputs: false },
  { name: "step: neighborhood_label", title: "Label of neighbors", of_outputs: false },
  { name: "run: suspicion", title: "Suspicion of the label, over the run", of_outputs: false },
  { name: "run: forgotten", title: "Times forgotten, over the run", of_outputs: true },
  { name: "run: first_learnt", title: "First learnt at step, over the run", of_outputs: true },
  { name: "run: path_length", title: "Path length, over the run", of_outputs: false },
];

/** Beyond, numbers switch half-way between two steps, as categories do: to paint each picture anew would take too long. */
const MOST_BLENDED = 20_000;
const SHARES = new Set(["confidence", "correct", "churn_of", "agreement", "true_probability"]);
const CLASSES = new Set(["prediction", "neighborhood_label"]);
const LEAST_PROBABILITY = 1e-7;

export function kind_of(color: string): Kind | null {
  const found = /^(step|run|unit): /.exec(color);
  return (found?.[1] as Kind | undefined) ?? null;
}

/** The server's name of it. */
export function measured_name(color: string): string {
  const name = color.replace(/^\w+: /, "");
  return name === "loss" ? "true_probability" : name;
}

export function painted_at(
  color: string,
  values: SampleValues,
  steps: readonly number[],
  at: number,
): Painted | null {
  const name = color.replace(/^\w+: /, "");
  const number = name === "loss" ? loss_of : (value: number) => value;
  if (kind_of(color) === "run") {
    const [row] = values.rows;
    return row === undefined ? null : { column: numbers(color, row, number), limits: null };
  }
  const row_at = (place: number) => {
    // What comes a step at a time stays until the next has come.
    if (values.rows.length === 1) return values.rows[0];
    return values.rows[values.steps.indexOf(steps[place] ?? Number.NaN)];
  };
  const nearest = row_at(Math.round(at));
  if (nearest === undefined) return null;
  if (CLASSES.has(name) || name === "correct") {
    const words = name === "correct" ? ["wrong", "right"] : values.classes;
    const codes = Int32Array.from(nearest, (value) => (Number.isNaN(value) ? -1 : value));
    return { column: { type: "category", name: color, codes, words }, limits: null };
  }
  const limits: readonly [number, number] = SHARES.has(name) ? [0, 1] : limits_of(values, number);
  const [from, to] = [row_at(Math.floor(at)), row_at(Math.ceil(at))];
  const share = at - Math.floor(at);
  if (share === 0 || !from || !to || nearest.length > MOST_BLENDED) {
    return { column: numbers(color, nearest, number), limits };
  }
  const blended = from.map((value, i) => {
    const next = to[i] as number;
    // A value that is missing at one end is that of the other.
    if (Number.isNaN(value)) return next;
    return Number.isNaN(next) ? value : value + share * (next - value);
  });
  return { column: numbers(color, blended, number), limits };
}

function numbers(name: string, row: Float32Array, number: (value: number) => number): Column {
  return { type: "number", name, values: Float64Array.from(row, number) };
}

/** Cross-entropy, in nats. */
function loss_of(probability: number): number {
  return -Math.log(Math.max(LEAST_PROBABILITY, probability));
}

const found_limits = new WeakMap<SampleValues, readonly [number, number]>();

/** The 2 % and 98 % quantiles of all steps. */
function limits_of(
  values: SampleValues,
  number: (value: number) => number,
): readonly [number, number] {
  const known = found_limits.get(values);
  if (known !== undefined) return known;
  const length = values.rows.reduce((sum, row) => sum + row.length, 0);
  // Enough of them to know the quantiles by.
  const stride = Math.max(1, Math.floor(length / 100_000));
  const some: number[] = [];
  let place = 0;
  for (const row of values.rows) {
    for (const value of row) {
      place += 1;
      if (place % stride === 0 && !Number.isNaN(value)) some.push(number(value));
    }
  }
  some.sort((a, b) => a - b);
  const at = (share: number) => some[Math.round(share * (some.length - 1))] ?? 0;
  const limits: [number, number] = at(0.02) < at(0.98) ? [at(0.02), at(0.98)] : [at(0), at(1)];
  found_limits.set(values, limits);
  return limits;
}
