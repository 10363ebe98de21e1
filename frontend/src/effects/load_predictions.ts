// What the model says of all samples: fetched once the layer has been measured, at all steps where they are few, else at
// the one that is shown.
import { fetchSampleValues } from "../measures_api";
import {
  PREDICTIONS,
  type PredictionName,
  type Predictions,
} from "../model/samples/prediction_columns";
import type { Store } from "../state/store";
import type { LayerKey } from "../types";
import { keepAnswered, type Question } from "./poll_measures";

/** So many numbers of each kind at once. */
const MOST_VALUES = 4_000_000;

export function loadPredictions(store: Store, signal: AbortSignal): void {
  const question = (key: LayerKey) => predictionsQuestion(store, key);
  keepAnswered(store, "the predictions", store.measures.predictions, question, signal);
}

function predictionsQuestion(store: Store, key: LayerKey): Question<Predictions> | null {
  if (!store.measures.hasOutputs.value) return null;
  const few = (store.layer.value?.samples ?? 0) * store.steps.value.length <= MOST_VALUES;
  const step = few || store.playing.value ? null : store.step.value;
  if (!few && step === null) return null;
  return { key: String(step), ask: (signal) => fetchPredictions(key, step, signal) };
}

async function fetchPredictions(
  key: LayerKey,
  step: number | null,
  signal: AbortSignal,
): Promise<Predictions> {
  const answers = await Promise.all(
    PREDICTIONS.map((name) => fetchSampleValues(key, name, step, signal)),
  );
  // Each may have come further than another: a step counts once all have it.
  const shortest = answers.reduce((a, b) => (b.steps.length < a.steps.length ? b : a));
  const rows = Object.fromEntries(PREDICTIONS.map((name, i) => [name, answers[i]?.rows ?? []]));
  return {
    state: answers.some(({ state }) => state === "running") ? "running" : "done",
    steps: shortest.steps,
    classes: shortest.classes,
    rows: rows as Record<PredictionName, readonly Float32Array[]>,
  };
}
