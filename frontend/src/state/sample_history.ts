// The chosen sample over the steps: what the model said of it, and who its neighbours were. Asked for while its card is
// looked at, the neighbours only once they are unfolded.
import type { NeighborHistory, SampleHistory } from "../measures";
import { fetchNeighborHistory, fetchSampleHistory } from "../measures_api";
import { keepAnswered } from "./asking";
import { lastStep, type Store } from "./store";

/** Neighbours a step: as many thumbnails as fit into a row. */
export const LISTED_NEIGHBORS = 10;

export function keepSampleHistories(store: Store, signal: AbortSignal): void {
  const { choosing, measuring, neighbors } = store;
  const lookedAt = () =>
    choosing.inspectorOpen.value && choosing.tab.value === "Sample" ? choosing.sample.value : null;
  keepAnswered(
    store,
    "the predictions of a sample",
    measuring.sampleHistory,
    (key) => {
      const sample = lookedAt();
      if (sample === null || !measuring.hasOutputs.value) return null;
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
    measuring.neighborHistory,
    (key) => {
      const sample = lookedAt();
      if (sample === null || !measuring.neighborsUnfolded.value) return null;
      const asked = { sample, k: LISTED_NEIGHBORS, metric: neighbors.metric.value };
      const last = lastStep(store.steps.value) ?? 0;
      const ask = inParts((steps, signal) => fetchNeighborHistory(key, asked, steps, signal), last);
      return { key: JSON.stringify(asked), ask };
    },
    signal,
  );
}

/** The server answers as many steps as it finds the time for; each further question begins where the answer before ended. */
export function inParts(
  ask: (steps: string | null, signal: AbortSignal) => Promise<NeighborHistory>,
  last: number,
): (signal: AbortSignal) => Promise<NeighborHistory> {
  let found: NeighborHistory | null = null;
  return async (signal) => {
    const done = found?.steps.at(-1);
    const part = await ask(done === undefined ? null : `${done + 1}-${last}`, signal);
    found = {
      ...part,
      steps: [...(found?.steps ?? []), ...part.steps],
      neighbors: [...(found?.neighbors ?? []), ...part.neighbors],
    };
    return found;
  };
}

/** How many of a step's neighbours are also those at the step that is shown; null where that step has none listed. */
export function keptNeighbors(history: NeighborHistory, shown: number | null): number[] | null {
  const at = shown === null ? -1 : history.steps.indexOf(shown);
  const now = new Set(history.neighbors[at]);
  if (now.size === 0) return null;
  return history.neighbors.map((then) => then.filter((one) => now.has(one)).length);
}

/** What is known of one step; -1 is no class. */
export function predictedAt(history: SampleHistory, place: number) {
  const code = history.prediction[place] ?? -1;
  return {
    code,
    name: history.classes[code] ?? "",
    confidence: history.confidence[place] ?? null,
    margin: history.margin[place] ?? null,
    correct: history.correct[place] ?? null,
  };
}

/** "Step 3: 8, wrong; confidence 0.71, margin -0.4". */
export function toldAt(
  history: SampleHistory,
  place: number,
  shown: (step: number) => string = String,
): string {
  const { name, confidence, margin, correct } = predictedAt(history, place);
  const verdict = correct === null ? "" : correct === 1 ? ", right" : ", wrong";
  const numbers = [
    confidence === null ? [] : `confidence ${confidence.toFixed(2)}`,
    margin === null ? [] : `margin ${margin.toFixed(1)}`,
  ].flat();
  const said = name === "" ? "no prediction" : name + verdict;
  return `Step ${shown(history.steps[place] ?? place)}: ${[said, numbers.join(", ")].filter(Boolean).join("; ")}`;
}
