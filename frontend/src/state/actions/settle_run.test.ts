import { describe, expect, it } from "vitest";
import { createStore } from "../new_store";
import { layerOf, runOf } from "../testing/page";
import { settleRun } from "./settle_run";

const RUNS = [runOf("empty", []), runOf("a", [layerOf("fc1"), layerOf("fc2")]), runOf("b", [])];

function asked(run: string | null, layer: string | null, step: number | null, runs = RUNS) {
  const store = createStore(() => true, true);
  store.runs.value = runs;
  store.runName.value = run;
  store.layerName.value = layer;
  store.step.value = step;
  settleRun(store);
  const { runName, layerName, notThere } = store;
  return [runName.value, layerName.value, store.step.value, notThere.value];
}

describe("what an address names", () => {
  it("is shown where it is there", () => {
    expect(asked("a", "fc2", 1)).toEqual(["a", "fc2", 1, null]);
    expect(asked("a", "fc2", null)).toEqual(["a", "fc2", 2, null]);
  });

  it("may be nothing", () => {
    expect(asked(null, null, null)).toEqual(["a", "fc1", 2, null]);
    expect(asked("a", null, 1)).toEqual(["a", "fc1", 1, null]);
  });

  it("is not replaced in silence", () => {
    expect(asked("gone", "fc1", 1)).toEqual([
      "a",
      "fc1",
      1,
      'Run "gone" is not in this log directory; run "a" is shown.',
    ]);
    expect(asked("a", "fc9", 1)).toEqual([
      "a",
      "fc1",
      1,
      'Run "a" has no layer "fc9"; layer "fc1" is shown.',
    ]);
    expect(asked("a", "fc1", 7)).toEqual([
      "a",
      "fc1",
      2,
      'Layer "fc1" has no step 7; the last one is shown.',
    ]);
  });

  it("waits where there are no runs, and for a run that cannot be read", () => {
    expect(asked("gone", "fc1", 1, [])).toEqual(["gone", "fc1", 1, null]);
    expect(asked("b", null, null)).toEqual(["b", null, null, null]);
  });
});
