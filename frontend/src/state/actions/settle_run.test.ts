import { describe, expect, it } from "vitest";
import type { Engine } from "../../types";
import { createStore } from "../new_store";
import { layerOf, runOf } from "../testing/page";
import { chooseLayer } from "./choose_view";
import { settleEngine, settleRun } from "./settle_run";

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

describe("a view that an address names", () => {
  const PCA = { name: "pca", iterative: false, components: [2, 3] } as unknown as Engine;

  it("is not replaced in silence, and never before the views are known", () => {
    const store = createStore(() => true, true);
    store.engine.value = "mine";
    settleEngine(store);
    expect([store.engine.value, store.notThere.value]).toEqual(["mine", null]);
    store.engines.value = [PCA];
    settleEngine(store);
    const said = 'There is no view "mine" here; PCA is shown.';
    expect([store.engine.value, store.notThere.value]).toEqual(["pca", said]);
    settleEngine(store);
    expect(store.notThere.value).toBe(said);
  });

  it("is replaced in the second pane alone, where that alone names it", () => {
    const store = createStore(() => true, true);
    store.engines.value = [PCA];
    store.comparison.secondPane.value = {
      run: "a",
      layer: "fc1",
      engine: "mine",
      pairing: { kind: "step" },
      ownAxes: false,
    };
    settleEngine(store);
    expect(store.comparison.secondPane.value.engine).toBeNull();
    expect(store.notThere.value).toMatch(/no view "mine" here; both panes show the same view/);
  });

  it.each([
    ["after", [settleRun, settleEngine]],
    ["before", [settleEngine, settleRun]],
  ])("is told of %s a run that is not there, until another layer is chosen", (_, settlers) => {
    const store = createStore(() => true, true);
    [store.runs.value, store.runName.value] = [RUNS, "gone"];
    [store.engines.value, store.engine.value] = [[PCA], "mine"];
    for (const settle of settlers) settle(store);
    expect(store.notThere.value).toContain('Run "gone" is not in');
    expect(store.notThere.value).toContain('There is no view "mine"');
    chooseLayer(store, "fc2");
    expect(store.notThere.value).toBeNull();
  });
});
