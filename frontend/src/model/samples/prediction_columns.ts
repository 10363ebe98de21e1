// What the model says of each sample at the step that is shown, as columns of the table like those that were recorded.
import type { PartialAnswer } from "../../measures";
import { percent } from "../text/words";
import { kindOf, measuredName } from "./measured_columns";
import type { Column, Table } from "./table";

/** As docs/metrics.md names them. */
export const PREDICTIONS = ["prediction", "confidence", "correct", "loss", "margin"] as const;
export type PredictionName = (typeof PREDICTIONS)[number];

/** The color that tells right from wrong. */
export const CORRECTNESS = "step: correct";
/** How the truth of a prediction is written. */
const TRUTH = ["no", "yes"];

export interface Predictions extends PartialAnswer {
  readonly steps: readonly number[];
  readonly classes: readonly string[];
  /** Of each, a row a step; NaN where undefined. */
  readonly rows: Readonly<Record<PredictionName, readonly Float32Array[]>>;
}

/** The columns at a step, without values while they are on their way; a recorded column keeps a name that both want. */
export function predictionColumns(
  { steps, classes, rows }: Predictions,
  step: number | null,
  recorded: Table,
): Column[] {
  const place = step === null ? -1 : steps.indexOf(step);
  return PREDICTIONS.map((name): Column => {
    const taken = recorded.some((column) => column.name === name);
    const row = rows[name][place] ?? new Float32Array(rows[name][0]?.length ?? 0).fill(Number.NaN);
    const common = { name: taken ? `model's ${name}` : name, predicted: name };
    if (name !== "prediction" && name !== "correct") {
      return { type: "number", ...common, values: Float64Array.from(row) };
    }
    const codes = Int32Array.from(row, (value) => (Number.isNaN(value) ? -1 : value));
    return { type: "category", ...common, codes, words: name === "correct" ? TRUTH : classes };
  });
}

const ASKED = new RegExp(`\\b(${PREDICTIONS.join("|")})"?\\s*(:|=|!=|<|>)`, "i");

/** A query names one of them: to be answered once they have come. */
export function asksPredictions(query: string): boolean {
  return ASKED.test(query);
}

export function predicted(table: Table, name: PredictionName): Column | undefined {
  return table.find((column) => column.predicted === name);
}

/** The table without what colors the samples, where another column says the same. */
export function withoutRepeats(table: Table): Table {
  return table.filter(({ name }) => {
    const repeated = kindOf(name) === "step" ? measuredName(name) : null;
    return !table.some((column) => column.predicted !== undefined && column.predicted === repeated);
  });
}

/** The samples that are predicted wrong, the largest loss first. */
export function mistakes(table: Table): number[] {
  const correct = predicted(table, "correct");
  const loss = predicted(table, "loss");
  if (correct?.type !== "category" || loss?.type !== "number") return [];
  const wrong = [...correct.codes.keys()].filter((id) => correct.codes[id] === 0);
  const of = (id: number) => loss.values[id] ?? Number.NaN;
  return wrong.sort((a, b) => of(b) - of(a) || a - b);
}

/** What is said of a sample first: "Label 5 · predicted 9 · 56 %"; null where nothing is known. */
export function headline(table: Table, label: string | null, sample: number): string | null {
  const said = verdict(table, label, sample);
  const parts = [
    said.label && `Label ${said.label}`,
    said.prediction && `${said.label ? "predicted" : "Predicted"} ${said.prediction}`,
    said.prediction && shareInWords(said.confidence),
  ].filter(Boolean);
  return parts.length === 0 ? null : parts.join(" · ");
}

/** The same in a list: "5 → 9, 56 %". */
export function labelAndPrediction(table: Table, label: string | null, sample: number): string {
  const said = verdict(table, label, sample);
  if (said.prediction === "") return said.label;
  return arrow(said.label, said.prediction, said.confidence);
}

/** A label, what somebody says instead, and how surely, from 0 to 1. */
export function arrow(label: string, says: string, share: number): string {
  return `${label || "–"} → ${[says || "–", shareInWords(share)].filter(Boolean).join(", ")}`;
}

/** The word of a sample's label; empty where it has none. */
export function labelOf(table: Table, label: string | null, sample: number): string {
  return verdict(table, label, sample).label;
}

function verdict(table: Table, label: string | null, sample: number) {
  const word = (column: Column | undefined) => {
    if (column?.type === "number") return `${column.values[sample] ?? ""}`;
    return column?.type === "category" ? (column.words[column.codes[sample] ?? -1] ?? "") : "";
  };
  const confidence = predicted(table, "confidence");
  return {
    label: word(table.find(({ name, predicted }) => name === label && predicted === undefined)),
    prediction: word(predicted(table, "prediction")),
    confidence: confidence?.type === "number" ? (confidence.values[sample] ?? NaN) : NaN,
  };
}

function shareInWords(share: number): string {
  return Number.isNaN(share) ? "" : percent(share);
}
