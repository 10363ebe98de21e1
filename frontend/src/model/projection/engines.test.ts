import { describe, expect, it } from "vitest";
import type { Engine } from "../../types";
import { driftInWords, tooFew } from "./engines";

const engine = (name: string, leastSamples: number): Engine => ({
  name,
  title: name.toUpperCase(),
  iterative: false,
  components: [2],
  parameters: [],
  unavailable: null,
  least_samples: leastSamples,
});
const ENGINES = [engine("pca", 1), engine("umap", 5)];

describe("an engine that needs more samples", () => {
  it("is named with the reason, its tooltip", () => {
    expect([...tooFew(ENGINES, 4)]).toEqual([
      ["umap", "UMAP needs at least 5 samples; this layer has 4"],
    ]);
  });

  it("is open as soon as there are enough", () => {
    expect(tooFew(ENGINES, 5).size).toBe(0);
  });
});

describe("what becomes of drift", () => {
  const flag = (name: string) =>
    ({
      name,
      type: "flag",
      default: true,
      meaning: "",
      low: null,
      high: null,
      choices: [],
    }) as const;
  const pca = {
    ...engine("pca", 1),
    parameters: [flag("axes_within_steps"), flag("center_steps")],
  };

  it.each([
    [{}, "taken out"],
    [{ axes_within_steps: "false" }, "the axes still follow"],
    [{ center_steps: "false" }, "moves the whole picture"],
  ])("is said for the settings %o", (settings, words) => {
    expect(driftInWords(pca, settings, "epoch")).toContain(words);
  });

  it("is nothing for an engine that has no such setting", () => {
    expect(driftInWords(engine("umap", 5), {}, "epoch")).toBe("");
  });
});
