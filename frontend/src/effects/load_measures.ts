// Fetches what is measured, once the layer's pictures have come: findings and curves by themselves, the rest when it is
// looked at. All of it is asked for anew when the layer has a new snapshot.
import type { Signal } from "@preact/signals";
import type { PartialAnswer, StepMetrics } from "../measures";
import {
  fetchFindings,
  fetchMetrics,
  fetchRankings,
  fetchSampleValues,
  fetchUnit,
} from "../measures_api";
import { listsToAsk } from "../model/measures/sample_lists";
import { kindOf, measuredName } from "../model/samples/measured_columns";
import type { ColorValues } from "../state/parts/measures";
import type { Store } from "../state/store";
import type { LayerKey } from "../types";
import { loadPredictions } from "./load_predictions";
import { keepSampleHistories } from "./load_sample_history";
import { keepAnswered, type Question } from "./poll_measures";

/** More numbers than these are asked for one step at a time. */
const MOST_VALUES = 4_000_000;

export function loadMeasured(store: Store, signal: AbortSignal): void {
  const { measures } = store;
  const keep = <T extends PartialAnswer>(
    what: string,
    answer: Signal<T | null>,
    question: (key: LayerKey) => Question<T> | null,
  ) => keepAnswered(store, what, answer, question, signal);
  keep("the findings", measures.findings, (key) => ({
    key: "",
    ask: (signal) => fetchFindings(key, signal),
  }));
  keep("the curves", measures.metrics, (key) => {
    // Once the findings are there, the curves cost nothing.
    const measured =
      measures.findings.value !== null && measures.findings.value.state !== "running";
    return measured ? { key: "", ask: (signal) => fetchMetrics(key, signal) } : null;
  });
  keep("the lists of samples", measures.rankings, (key) => {
    const open = store.samples.inspectorOpen.value && store.samples.tab.value === "Findings";
    const rules = measures.findings.value?.rules ?? [];
    if (!open || rules.length === 0) return null;
    const lists = listsToAsk(rules, measures.moreLists.value, store.samples.count.value);
    return { key: JSON.stringify(lists), ask: (signal) => fetchRankings(key, lists, signal) };
  });
  loadPredictions(store, signal);
  keepSampleHistories(store, signal);
}

/** What is measured of the samples, where somebody colours them by it. */
export function loadColors(store: Store, signal: AbortSignal): void {
  const question = (key: LayerKey) => valuesQuestion(store, key);
  keepAnswered(store, "what colors the samples", store.measures.values, question, signal);
}

/** The curves alone, for whoever pairs steps by them. */
export function loadCurves(store: Store, wanted: () => boolean, signal: AbortSignal): void {
  const question = (key: LayerKey): Question<StepMetrics> | null =>
    wanted() ? { key: "", ask: (signal) => fetchMetrics(key, signal) } : null;
  keepAnswered(store, "the curves", store.measures.metrics, question, signal);
}

function valuesQuestion(store: Store, key: LayerKey): Question<ColorValues> | null {
  const color = store.colorBy.value;
  const kind = color === null ? null : kindOf(color);
  const step = store.step.value;
  if (color === null || kind === null || step === null) return null;
  const name = measuredName(color);
  if (kind === "unit") {
    const ask = async (signal: AbortSignal) => {
      const row = await fetchUnit(key, Number(name), step, signal);
      return { color, steps: [step], rows: [row], classes: [] };
    };
    return { key: JSON.stringify([color, step]), ask };
  }
  const few = (store.layer.value?.samples ?? 0) * store.steps.value.length <= MOST_VALUES;
  const asked = kind === "run" || few ? null : step;
  const ask = async (signal: AbortSignal) => {
    return { color, ...(await fetchSampleValues(key, name, asked, signal)) };
  };
  return { key: JSON.stringify([color, asked]), ask };
}
