// One sample over the steps: what the server has told of it so far, and that in words.
import type { NeighborHistory, SampleHistory } from "../../measures";
import { percent } from "../text/words";

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

/** "Epoch 3: 8, wrong; confidence 71 %, margin −0.4 logits". */
export function predictionText(
  history: SampleHistory,
  place: number,
  shown: (step: number) => string,
): string {
  const { name, confidence, margin, correct } = predictedAt(history, place);
  const verdict = correct === null ? "" : correct === 1 ? ", correct" : ", wrong";
  const numbers = [
    confidence === null ? [] : `confidence ${percent(confidence)}`,
    margin === null ? [] : `margin ${margin.toFixed(1).replace("-", "−")} logits`,
  ].flat();
  const said = name === "" ? "no prediction" : name + verdict;
  return `${shown(history.steps[place] ?? place)}: ${[said, numbers.join(", ")].filter(Boolean).join("; ")}`;
}
