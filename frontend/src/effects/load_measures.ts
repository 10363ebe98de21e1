// Fetches what is measured, once the layer's pictures have come: findings and curves by themselves, the rest when it is
// looked at. All of it is asked for anew when the layer has a new snapshot.
import { computed, effect, type Signal } from "@preact/signals";
import type { PartialAnswer, StepMetrics } from "../measures";
import {
  fetchClassPair,
  fetchComparison,
  fetchConfused,
  fetchConfusion,
  fetchFindings,
  fetchMetrics,
  fetchRanking,
  fetchSampleValues,
  fetchSimilarity,
  fetchUnit,
  fetchUnits,
} from "../measures_api";
import { kindOf, measuredName } from "../model/samples/measured_columns";
import { comparedRunOf, keyOf, layersAt } from "../state/derived/other_layers";
import type { ColorValues, DataMap, Section } from "../state/parts/measures";
import type { Store } from "../state/store";
import type { LayerKey } from "../types";
import { compareLayers } from "./compare_layers";
import { keepSampleHistories } from "./load_sample_history";
import { keepAnswered, measurable, type Question } from "./poll_measures";

/** More numbers than these are asked for one step at a time. */
const MOST_VALUES = 4_000_000;

export function loadMeasured(store: Store, signal: AbortSignal): void {
  const { measures } = store;
  const keep = <T extends PartialAnswer>(
    what: string,
    answer: Signal<T | null>,
    question: (key: LayerKey) => Question<T> | null,
  ) => keepAnswered(store, what, answer, question, signal);
  const lookedAt = (section: Section) =>
    store.samples.inspectorOpen.value &&
    store.samples.tab.value === "Layer" &&
    measures.section.value === section;
  /** The step, unless it is only passed by. */
  const stepAtRest = () => (store.playing.value ? null : store.step.value);

  forgetWithLayer(store);
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
  keep("a list of samples", measures.ranking, (key) => {
    const rule = measures.findings.value?.rules.find((one) => one.rule === measures.opened.value);
    if (rule === undefined) return null;
    return { key: rule.rule, ask: (signal) => fetchRanking(key, rule.rule, signal) };
  });
  keep("the similarity of steps", measures.similarity, (key) => {
    if (!lookedAt("CKA")) return null;
    const other = measures.compared.value ?? { run: key.run, layer: key.layer };
    return {
      key: JSON.stringify(other),
      ask: (signal) => fetchSimilarity(key, { ...other, v: "" }, {}, signal),
    };
  });
  keep("the similarity of layers", measures.layers, (key) => {
    const step = stepAtRest();
    if (!lookedAt("CKA") || step === null) return null;
    const keys = layersAt(store, key, step);
    if (keys === null) return null;
    return {
      key: JSON.stringify([step, keys]),
      ask: (signal) => compareLayers(keys, step, signal),
    };
  });
  keep("the confusion of classes", measures.confusion, (key) => {
    const step = stepAtRest();
    // Without the model's outputs nothing is confused.
    if (!lookedAt("Confusion") || step === null || !measures.hasOutputs.value) return null;
    return { key: String(step), ask: (signal) => fetchConfusion(key, step, signal) };
  });
  keep("the data map", measures.dataMap, (key) => {
    if (!lookedAt("Data map") || !measures.hasOutputs.value) return null;
    return { key: "", ask: (signal) => fetchDataMap(key, signal) };
  });
  keep("two classes", measures.classPair, (key) => {
    const pair = measures.pair.value;
    // The panel has one of them chosen before the other.
    const whole = pair !== null && !pair.includes("") && pair[0] !== pair[1];
    if (!lookedAt("Class pair") || !whole) return null;
    return { key: JSON.stringify(pair), ask: (signal) => fetchClassPair(key, pair, signal) };
  });
  keep("the units", measures.units, (key) => {
    const step = stepAtRest();
    if (!lookedAt("Units") || step === null) return null;
    return { key: String(step), ask: (signal) => fetchUnits(key, step, signal) };
  });
  keep("the comparison of runs", measures.comparison, (key) => {
    const step = stepAtRest();
    const comparedRun = lookedAt("Runs") ? comparedRunOf(store) : null;
    const other = comparedRun && keyOf(store, comparedRun);
    if (other === null || step === null) return null;
    return {
      key: JSON.stringify([other, step]),
      ask: (signal) => fetchComparison(key, other, step, signal),
    };
  });
  keepSampleHistories(store, signal);
  preferWarnings(store);
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

/** Selects the samples of one label that are predicted as one class. */
export function selectConfused(store: Store, step: number, row: number, column: number): void {
  const key = measurable(store);
  if (key === null) return;
  const unwanted = new AbortController();
  store.activity.attemptQuietly("the samples of a cell", unwanted.signal, async () => {
    const { samples } = await fetchConfused(key, { step, row, column }, unwanted.signal);
    const still = store.run.peek()?.run === key.run && store.layer.peek()?.name === key.layer;
    if (still) store.samples.select(samples, "chart");
  });
}

/** The model's outputs were recorded, and labels that belong to them. */

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

async function fetchDataMap(key: LayerKey, signal: AbortSignal): Promise<DataMap> {
  const [mean, spread] = await Promise.all([
    fetchSampleValues(key, "map_mean", null, signal),
    fetchSampleValues(key, "map_spread", null, signal),
  ]);
  const running = mean.state === "running" || spread.state === "running";
  const none = new Float32Array();
  return {
    state: running ? "running" : "done",
    mean: mean.rows[0] ?? none,
    spread: spread.rows[0] ?? none,
  };
}

/** What was chosen of one layer, by one label, says nothing of another. */
function forgetWithLayer(store: Store): void {
  const { compared, pair, comparedRun } = store.measures;
  const subject = computed(() =>
    JSON.stringify([store.run.value?.run, store.layer.value?.name, store.label.value]),
  );
  effect(() => {
    subject.value;
    compared.value = null;
    pair.value = null;
    comparedRun.value = null;
  });
}

/** Where nothing else has been looked at, an inspector that somebody opens shows the warnings. */
function preferWarnings(store: Store): void {
  const { samples, measures } = store;
  effect(() => {
    const warned = (measures.findings.value?.warnings.length ?? 0) > 0;
    if (warned && !samples.inspectorDue.peek()) samples.tab.value = "Findings";
  });
}
