import { describe, expect, it } from "vitest";
import type { Engine, Parameter } from "../../types";
import { layerOf, pageOf, runOf } from "../testing/page";
import {
  chooseAxes,
  chooseEngine,
  chooseLabel,
  chooseLayer,
  chooseRun,
  chooseSetting,
  goToPlace,
  stepBy,
  togglePin,
  togglePlaying,
  toggleTour,
} from "./choose_view";
import { followTraining, ghostPoses, ghostSteps, toggleHolding } from "./display";

describe("another run or layer", () => {
  it("keeps the layer and the step where it has them, else takes its last step", async () => {
    const store = await pageOf();
    const other = runOf("b", [
      layerOf("fc2", { steps: [0, 5] }),
      layerOf("fc1", { steps: [0, 7] }),
    ]);
    store.runs.value = [...(store.runs.value ?? []), other];
    store.pinned.value = 1;
    chooseRun(store, "b");
    expect([store.layerName.value, store.step.value, store.pinned.value]).toEqual(["fc1", 7, null]);
    chooseLayer(store, "fc2");
    expect(store.step.value).toBe(5);
    store.step.value = 0;
    chooseRun(store, "a");
    expect([store.layerName.value, store.step.value]).toEqual(["fc2", 0]);
  });
});

describe("another view", () => {
  const engine = (name: string, components: number[]) =>
    ({ name, components, iterative: name === "tsne", title: name }) as unknown as Engine;

  it("is flat where it has two components, and ends the tour", async () => {
    const store = await pageOf();
    store.engines.value = [engine("pca", [2, 3]), engine("tsne", [2])];
    store.dimensions.value = 3;
    toggleTour(store);
    expect([store.touring.value, store.view.value?.components]).toEqual([true, 10]);
    chooseEngine(store, "tsne");
    expect([store.dimensions.value, store.touring.value, store.turn.value]).toEqual([
      2,
      false,
      null,
    ]);
    expect(store.view.value).toMatchObject({ iterative: true, components: 2 });
  });

  it("has settings of its own, of which defaults are none", async () => {
    const store = await pageOf();
    const scale = { name: "scale", default: "none" } as unknown as Parameter;
    chooseSetting(store, scale, "units");
    expect(store.view.value?.settings).toEqual({ scale: "units" });
    chooseSetting(store, scale, "none");
    expect(store.view.value?.settings).toEqual({});
  });

  it("is turned to other components, and back to the first", async () => {
    const store = await pageOf();
    chooseAxes(store, [3, 1, 2]);
    expect(store.turn.value).not.toBeNull();
    chooseAxes(store, [0, 1, 2]);
    expect(store.turn.value).toBeNull();
  });
});

describe("another label", () => {
  it("takes the colors along where they are those of the label", async () => {
    const store = await pageOf();
    chooseLabel(store, "loss");
    expect([store.label.value, store.colorBy.value]).toEqual(["loss", "loss"]);
    chooseLabel(store, "");
    expect([store.label.value, store.colorBy.value]).toEqual([null, "loss"]);
  });
});

describe("time", () => {
  it("stays within the steps", async () => {
    const store = await pageOf();
    stepBy(store, 1);
    expect(store.step.value).toBe(2);
    stepBy(store, -1);
    expect(store.step.value).toBe(1);
    goToPlace(store, -3);
    expect(store.step.value).toBe(0);
    togglePlaying(store);
    expect(store.playing.value).toBe(true);
    goToPlace(store, 1);
    expect(store.playing.value).toBe(false);
    togglePin(store);
    expect(store.pinned.value).toBe(1);
    togglePin(store);
    expect(store.pinned.value).toBeNull();
    followTraining(store, true);
    expect(store.step.value).toBe(2);
    followTraining(store, false);
    expect(store.display.follow.value).toBe(false);
  });

  it("shows ghosts of steps that are there", async () => {
    const store = await pageOf();
    expect(ghostSteps(store)).toEqual([]);
    store.display.chooseOverlay("ghost");
    expect(ghostSteps(store)).toEqual([0]);
    store.display.chooseOverlay("onion");
    store.display.chooseGhost("ghostStep", 1);
    store.display.chooseGhost("otherStep", 99);
    expect(ghostSteps(store)).toEqual([1, 2]);
    expect(ghostPoses(store, 2)).toHaveLength(2);
    store.frames.value = null;
    expect(ghostPoses(store, 2)).toEqual([]);
  });

  it("holds samples where they are, and lets go of them", async () => {
    const store = await pageOf();
    toggleHolding(store, []);
    expect(store.display.held.value).toBeNull();
    toggleHolding(store, [1, 2]);
    expect(store.display.held.value).toEqual({ ids: [1, 2], step: 2 });
    toggleHolding(store, [3]);
    expect(store.display.held.value).toBeNull();
  });
});
