import { describe, expect, it } from "vitest";
import type { Engine } from "../../types";
import { tooFew } from "./engines";

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
      ["umap", "UMAP needs 5 samples or more; the layer has 4"],
    ]);
  });

  it("is open as soon as there are enough", () => {
    expect(tooFew(ENGINES, 5).size).toBe(0);
  });
});
