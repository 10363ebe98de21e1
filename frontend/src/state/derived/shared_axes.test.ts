import { describe, expect, it } from "vitest";
import {
  clickBeside,
  encloseBeside,
  pairingsOffered,
  stepBeside,
  toggleCompanion,
} from "../actions/compare";
import type { Store } from "../store";
import { layerOf, pageOf, runOf, STEPS } from "../testing/page";
import { axesBeside, canShareAxes, settingsBeside, shareAxes } from "./shared_axes";

/** Two pages of one logdir, the second showing run b, whose samples are the first's the other way round. */
async function twoPanes(): Promise<{ first: Store; second: Store }> {
  const [first, second] = [await pageOf(), await pageOf()];
  const runs = [...(first.runs.value ?? []), runOf("b", [layerOf("fc1")])];
  first.runs.value = runs;
  second.runs.value = runs;
  second.runName.value = "b";
  toggleCompanion(first);
  first.companion.value = second;
  const turned = Int32Array.of(3, 2, 1, 0);
  const link = { by: "fingerprint", there: turned, back: turned, count: 4 } as never;
  first.comparison.linking.value = { ...first.comparison.linking.value, link };
  return { first, second };
}

describe("the axes of two panes", () => {
  it("are those of the first where the other can be carried into them", async () => {
    const { first, second } = await twoPanes();
    const beside = first.comparison.secondPane.value;
    if (beside === null) throw new Error("run b is compared");
    expect(canShareAxes(first, beside)).toBe(true);
    expect(axesBeside(first, beside)).toBe("a");
    expect(axesBeside(first, { ...beside, ownAxes: true })).toBeNull();
    expect(canShareAxes(first, { ...beside, run: "a" })).toBe(false);
    expect(canShareAxes(first, { ...beside, layer: "fc2" })).toBe(false);
    expect(canShareAxes(first, { ...beside, engine: "tsne" })).toBe(false);
    expect(shareAxes(first, second)).toBe(false);
    second.ontoRun.value = "a";
    expect(shareAxes(first, second)).toBe(true);
    first.ontoRun.value = "c";
    expect(axesBeside(first, beside)).toBe("c");
  });

  it("name the same samples, each by its place in its own run", async () => {
    const { first } = await twoPanes();
    first.settings.value = { axes: { left: "0-1", kind: "means" } };
    expect(settingsBeside(first, null)).toEqual({ axes: { left: "2-3", kind: "means" } });
    expect(settingsBeside(first, "a")).toEqual(first.settings.value);
  });
});

describe("hands in the second pane", () => {
  it("choose the first one's samples", async () => {
    const { first } = await twoPanes();
    clickBeside(first, 0, "replace");
    expect(first.samples.sample.value).toBe(3);
    encloseBeside(first, [0, 1], "replace");
    expect(first.samples.selectedIds()).toEqual([2, 3]);
  });
});

describe("the steps of two panes", () => {
  it("go together as they are paired", async () => {
    const { first } = await twoPanes();
    expect(pairingsOffered(first)).toContain("epoch");
    expect(STEPS.map((step) => stepBeside(first, step))).toEqual(STEPS);
    first.companion.value = null;
    expect([stepBeside(first, 1), pairingsOffered(first)]).toEqual([null, []]);
  });
});
