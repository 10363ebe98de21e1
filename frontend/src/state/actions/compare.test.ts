import { describe, expect, it } from "vitest";
import { showBeside, writeBeside } from "../../effects/second_pane_text";
import type { Engine, Layer, Run } from "../../types";
import { createStore } from "../new_store";
import { chooseBeside, toggleCompanion } from "./compare";

function layer(name: string, fingerprint: string, steps: readonly number[]): Layer {
  const rest = { samples: 4, units: 2, version: "", samples_version: "" };
  return {
    ...rest,
    name,
    fingerprint,
    steps,
    columns: [],
    label: null,
    label_reason: "",
    sprite: null,
    hidden: [],
  };
}

function run(name: string, epochs: boolean, layers: readonly Layer[]): Run {
  const numbers = [...new Set(layers.flatMap(({ steps }) => steps))];
  const steps = numbers.map((step) => ({
    step,
    unit: "epoch",
    epoch: epochs ? step : null,
    batch: null,
    wall_time: null,
    iterations: null,
  }));
  return { run: name, source: "tb_embed", recording: false, layers, steps, problems: [] };
}

function storeOf(...runs: readonly Run[]) {
  const store = createStore(() => true, true);
  store.runs.value = runs;
  store.runName.value = runs[0]?.run ?? null;
  store.layerName.value = runs[0]?.layers[0]?.name ?? null;
  return store;
}

const FC1 = layer("fc1", "f", [0, 1, 2]);
const FC2 = layer("fc2", "f", [0, 1, 2]);

describe("what is compared by itself", () => {
  it("is another run of the same samples, by epoch", () => {
    const others = run("others", true, [layer("fc1", "g", [0, 1])]);
    const store = storeOf(run("a", true, [FC1, FC2]), others, run("b", true, [FC2, FC1]));
    toggleCompanion(store);
    const beside = store.comparison.secondPane.value;
    expect(beside).toMatchObject({ run: "b", layer: "fc1", pairing: { kind: "epoch" } });
    toggleCompanion(store);
    expect(store.comparison.secondPane.value).toBeNull();
  });

  it("is else another layer, else the first step, else another view", () => {
    const twoLayers = storeOf(run("a", true, [FC1, FC2]));
    toggleCompanion(twoLayers);
    const plain = { run: "a", engine: null };
    expect(twoLayers.comparison.secondPane.value).toMatchObject({ ...plain, layer: "fc2" });
    const oneLayer = storeOf(run("a", true, [FC1]));
    toggleCompanion(oneLayer);
    const fixed = { kind: "fixed", step: 0 };
    expect(oneLayer.comparison.secondPane.value).toMatchObject({ ...plain, pairing: fixed });
    const oneStep = storeOf(run("a", true, [layer("fc1", "f", [5])]));
    const engine = (name: string, unavailable: string | null) =>
      ({ name, unavailable, least_samples: 1 }) as unknown as Engine;
    oneStep.engines.value = [engine("pca", null), engine("umap", "no"), engine("tsne", null)];
    toggleCompanion(oneStep);
    expect(oneStep.comparison.secondPane.value).toMatchObject({ layer: "fc1", engine: "tsne" });
  });
});

describe("another choice beside", () => {
  it("keeps what the new run has, and pairs steps by what it knows", () => {
    const strange = run("c", false, [layer("dense", "f", [10, 20])]);
    const store = storeOf(run("a", true, [FC1]), run("b", true, [FC1]), strange);
    toggleCompanion(store);
    chooseBeside(store, { run: "c" });
    const beside = store.comparison.secondPane.value;
    expect(beside).toMatchObject({ run: "c", layer: "dense", pairing: { kind: "step" } });
    chooseBeside(store, { pairing: { kind: "offset", places: -1 } });
    chooseBeside(store, { run: "b", layer: "fc1" });
    expect(store.comparison.secondPane.value?.pairing).toEqual({ kind: "offset", places: -1 });
    chooseBeside(store, { run: "nowhere" });
    expect(store.comparison.secondPane.value?.run).toBe("b");
  });
});

describe("the second pane in words", () => {
  it("comes back, with the settings of its own engine", () => {
    const store = storeOf(run("a, b:1", true, [FC1, FC2]));
    toggleCompanion(store);
    store.settings.value = { umap: { neighbors: "8" }, pca: { scale: "unit" } };
    chooseBeside(store, { engine: "umap", ownAxes: true });
    const words = writeBeside(store) ?? "";
    const again = storeOf(run("a, b:1", true, [FC1, FC2]));
    showBeside(again, words);
    expect(again.comparison.secondPane.value).toEqual(store.comparison.secondPane.value);
    expect(again.settings.value).toEqual({ umap: { neighbors: "8" } });
  });

  it("is none where they say nothing", () => {
    const store = storeOf(run("a", true, [FC1, FC2]));
    expect(writeBeside(store)).toBeNull();
    for (const text of [undefined, "", "run:a", "run:a,layer:fc1,steps:sometimes"]) {
      toggleCompanion(store);
      showBeside(store, text);
      expect(store.comparison.secondPane.value).toBeNull();
    }
  });
});
