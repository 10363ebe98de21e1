import { describe, expect, it } from "vitest";
import { createStore } from "../new_store";
import { timeAxis } from "./time_axis";

/** A store of a run with these steps, at one of them. */
function storeAt(steps: readonly number[], step: number) {
  const store = createStore(() => true, true);
  const layer = {
    name: "fc1",
    samples: 1,
    units: 1,
    steps,
    version: "",
    columns: [],
    label: null,
    label_reason: "",
    sprite: null,
    hidden: [],
    fingerprint: "",
    samples_version: "",
  };
  store.runs.value = [
    { run: "a", source: "tb_embed", recording: false, layers: [layer], steps: [], problems: [] },
  ];
  store.runName.value = "a";
  store.layerName.value = "fc1";
  store.step.value = step;
  return store;
}

describe("a curve's steps", () => {
  it("lie where the slider has them, of all steps or of some", () => {
    const store = storeAt([0, 1, 10, 100], 10);
    expect(timeAxis(store, [0, 10, 100])).toEqual({ spacing: [0, 2 / 3, 1], at: 2 / 3 });
    store.display.even.value = false;
    expect(timeAxis(store, [0, 10, 100])).toEqual({ spacing: [0, 0.1, 1], at: 0.1 });
  });

  it("lie between others where the layer has no such step any more", () => {
    const store = storeAt([0, 10, 20], 20);
    store.display.even.value = false;
    expect(timeAxis(store, [0, 5, 20]).spacing).toEqual([0, 0.25, 1]);
  });
});
