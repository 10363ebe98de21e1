// Fetches what is measured, once the layer's pictures have come: findings and curves by themselves, the rest when it is
// looked at. All of it is asked for anew when the layer has a new snapshot.
import { computed, effect, type Signal } from "@preact/signals";
import type { LayerKey } from "../api";
import type { Measured, StepMetrics } from "../measures";
import {
  fetch_class_pair,
  fetch_comparison,
  fetch_confused,
  fetch_confusion,
  fetch_findings,
  fetch_metrics,
  fetch_ranking,
  fetch_sample_values,
  fetch_similarity,
  fetch_unit,
  fetch_units,
} from "../measures_api";
import { keep_answered, measurable, type Question } from "./asking";
import { select } from "./choose";
import type { ColorValues, DataMap, Section } from "./measuring";
import { compare_layers, key_of, layers_at, rival_of } from "./others";
import { kind_of, measured_name } from "./painting";
import { keep_sample_histories } from "./sample_history";
import type { Store } from "./store";

/** More numbers than these are asked for one step at a time. */
const MOST_VALUES = 4_000_000;

export function load_measured(store: Store, signal: AbortSignal): void {
  const { measuring } = store;
  const keep = <T extends Measured>(
    what: string,
    answer: Signal<T | null>,
    question: (key: LayerKey) => Question<T> | null,
  ) => keep_answered(store, what, answer, question, signal);
  const looked_at = (section: Section) =>
    store.choosing.inspector_open.value &&
    store.choosing.tab.value === "Layer" &&
    measuring.section.value === section;
  /** The step, unless it is only passed by. */
  const step_at_rest = () => (store.playing.value ? null : store.step.value);

  forget_with_layer(store);
  keep("the findings", measuring.findings, (key) => ({
    key: "",
    ask: (signal) => fetch_findings(key, signal),
  }));
  keep("the curves", measuring.metrics, (key) => {
    // Once the findings are there, the curves cost nothing.
    const measured =
      measuring.findings.value !== null && measuring.findings.value.state !== "running";
    return measured ? { key: "", ask: (signal) => fetch_metrics(key, signal) } : null;
  });
  keep("a list of samples", measuring.ranking, (key) => {
    const rule = measuring.findings.value?.rules.find((one) => one.rule === measuring.opened.value);
    if (rule === undefined) return null;
    return { key: rule.rule, ask: (signal) => fetch_ranking(key, rule.rule, signal) };
  });
  keep("the similarity of steps", measuring.similarity, (key) => {
    if (!looked_at("CKA")) return null;
    const other = measuring.compared.value ?? { run: key.run, layer: key.layer };
    return {
      key: JSON.stringify(other),
      ask: (signal) => fetch_similarity(key, { ...other, v: "" }, {}, signal),
    };
  });
  keep("the similarity of layers", measuring.layers, (key) => {
    const step = step_at_rest();
    if (!looked_at("CKA") || step === null) return null;
    const keys = layers_at(store, key, step);
    if (keys === null) return null;
    return {
      key: JSON.stringify([step, keys]),
      ask: (signal) => compare_layers(keys, step, signal),
    };
  });
  keep("the confusion of classes", measuring.confusion, (key) => {
    const step = step_at_rest();
    // Without the model's outputs nothing is confused.
    if (!looked_at("Confusion") || step === null || !measuring.has_outputs.value) return null;
    return { key: String(step), ask: (signal) => fetch_confusion(key, step, signal) };
  });
  keep("the data map", measuring.data_map, (key) => {
    if (!looked_at("Data map") || !measuring.has_outputs.value) return null;
    return { key: "", ask: (signal) => fetch_data_map(key, signal) };
  });
  keep("two classes", measuring.class_pair, (key) => {
    const pair = measuring.pair.value;
    // The panel has one of them chosen before the other.
    const whole = pair !== null && !pair.includes("") && pair[0] !== pair[1];
    if (!looked_at("Class pair") || !whole) return null;
    return { key: JSON.stringify(pair), ask: (signal) => fetch_class_pair(key, pair, signal) };
  });
  keep("the units", measuring.units, (key) => {
    const step = step_at_rest();
    if (!looked_at("Units") || step === null) return null;
    return { key: String(step), ask: (signal) => fetch_units(key, step, signal) };
  });
  keep("the comparison of runs", measuring.comparison, (key) => {
    const step = step_at_rest();
    const rival = looked_at("Runs") ? rival_of(store) : null;
    const other = rival && key_of(store, rival);
    if (other === null || step === null) return null;
    return {
      key: JSON.stringify([other, step]),
      ask: (signal) => fetch_comparison(key, other, step, signal),
    };
  });
  keep_sample_histories(store, signal);
  prefer_warnings(store);
}

/** What is measured of the samples, where somebody colours them by it. */
export function load_colors(store: Store, signal: AbortSignal): void {
  const question = (key: LayerKey) => values_question(store, key);
  keep_answered(store, "what colors the samples", store.measuring.values, question, signal);
}

/** The curves alone, for whoever pairs steps by them. */
export function load_curves(store: Store, wanted: () => boolean, signal: AbortSignal): void {
  const question = (key: LayerKey): Question<StepMetrics> | null =>
    wanted() ? { key: "", ask: (signal) => fetch_metrics(key, signal) } : null;
  keep_answered(store, "the curves", store.measuring.metrics, question, signal);
}

/** Selects the samples of one label that are predicted as one class. */
export function select_confused(store: Store, step: number, row: number, column: number): void {
  const key = measurable(store);
  if (key === null) return;
  const unwanted = new AbortController();
  store.activity.attempt_quietly("the samples of a cell", unwanted.signal, async () => {
    const { samples } = await fetch_confused(key, { step, row, column }, unwanted.signal);
    const still = store.run.peek()?.run === key.run && store.layer.peek()?.name === key.layer;
    if (still) select(store, samples, "chart");
  });
}

/** The model's outputs were recorded, and labels that belong to them. */

function values_question(store: Store, key: LayerKey): Question<ColorValues> | null {
  const color = store.color_by.value;
  const kind = color === null ? null : kind_of(color);
  const step = store.step.value;
  if (color === null || kind === null || step === null) return null;
  const name = measured_name(color);
  if (kind === "unit") {
    const ask = async (signal: AbortSignal) => {
      const row = await fetch_unit(key, Number(name), step, signal);
      return { color, steps: [step], rows: [row], classes: [] };
    };
    return { key: JSON.stringify([color, step]), ask };
  }
  const few = (store.layer.value?.samples ?? 0) * store.steps.value.length <= MOST_VALUES;
  const asked = kind === "run" || few ? null : step;
  const ask = async (signal: AbortSignal) => {
    return { color, ...(await fetch_sample_values(key, name, asked, signal)) };
  };
  return { key: JSON.stringify([color, asked]), ask };
}

async function fetch_data_map(key: LayerKey, signal: AbortSignal): Promise<DataMap> {
  const [mean, spread] = await Promise.all([
    fetch_sample_values(key, "map_mean", null, signal),
    fetch_sample_values(key, "map_spread", null, signal),
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
function forget_with_layer(store: Store): void {
  const { compared, pair, rival } = store.measuring;
  const subject = computed(() =>
    JSON.stringify([store.run.value?.run, store.layer.value?.name, store.label.value]),
  );
  effect(() => {
    subject.value;
    compared.value = null;
    pair.value = null;
    rival.value = null;
  });
}

/** Where nothing else has been looked at, an inspector that somebody opens shows the warnings. */
function prefer_warnings(store: Store): void {
  const { choosing, measuring } = store;
  effect(() => {
    const warned = (measuring.findings.value?.warnings.length ?? 0) > 0;
    if (warned && !choosing.inspector_due.peek()) choosing.tab.value = "Findings";
  });
}
