import { describe, expect, it } from "vitest";
import type { Engine } from "../types";
import { too_few } from "./engines";

const engine = (name: string, least_samples: number): Engine => ({
  name,
  title: name.toUpperCase(),
  iterative: false,
  components: [2],
  parameters: [],
  unavailable: null,
  least_samples,
});
const ENGINES = [engine("pca", 1), engine("umap", 5)];

describe("an engine that needs more samples", () => {
  it("is named with the reason, its tooltip", () => {
    expect([...too_few(ENGINES, 4)]).toEqual([
      ["umap", "UMAP needs 5 samples or more; the layer has 4"],
    ]);
  });

  it("is open as soon as there are enough", () => {
    expect(too_few(ENGINES, 5).size).toBe(0);
  });
});
