// The chosen sample over the steps: what the model said of it, and who its neighbours were. Asked for while its card is
// looked at, the neighbours only once they are unfolded.

import { fetchNeighborHistory, fetchSampleHistory } from "../measures_api";
import { inParts } from "../model/samples/sample_history";
import { lastStep, type Store } from "../state/store";
import { keepAnswered } from "./poll_measures";

/** Neighbours a step: as many thumbnails as fit into a row. */
export const LISTED_NEIGHBORS = 10;

export function keepSampleHistories(store: Store, signal: AbortSignal): void {
  const { samples, measures, neighbors } = store;
  const lookedAt = () =>
    samples.inspectorOpen.value && samples.tab.value === "Sample" ? samples.sample.value : null;
  keepAnswered(
    store,
    "the predictions of a sample",
    measures.sampleHistory,
    (key) => {
      const sample = lookedAt();
      if (sample === null || !measures.hasOutputs.value) return null;
      return {
        key: String(sample),
        ask: (signal) => fetchSampleHistory(key, sample, signal),
      };
    },
    signal,
  );
  keepAnswered(
    store,
    "the neighbors of a sample over the steps",
    measures.neighborHistory,
    (key) => {
      const sample = lookedAt();
      if (sample === null || !measures.neighborsUnfolded.value) return null;
      const asked = { sample, k: LISTED_NEIGHBORS, metric: neighbors.metric.value };
      const last = lastStep(store.steps.value) ?? 0;
      const ask = inParts((steps, signal) => fetchNeighborHistory(key, asked, steps, signal), last);
      return { key: JSON.stringify(asked), ask };
    },
    signal,
  );
}
