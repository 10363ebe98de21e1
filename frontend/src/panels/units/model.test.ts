import { describe, expect, it } from "vitest";
import type { StepMetrics } from "../../measures";
import { mostSelective, turnover } from "./model";

const METRICS: StepMetrics = {
  steps: [0, 4],
  metrics: [],
  classes: [],
  classes_are_outputs: false,
  cka_biased: {},
  dead: [
    [1, 2],
    [2, 5],
  ],
  samples_measured: 1,
  samples: 1,
};

describe("units", () => {
  it("die and wake between steps", () => {
    expect(turnover(METRICS, 4)).toEqual({ dead: [2, 5], died: [5], woken: [1] });
    expect(turnover(METRICS, 0)).toEqual({ dead: [1, 2], died: [], woken: [] });
    expect(turnover(METRICS, 3)).toBeNull();
  });

  it("are ordered by what they tell, without those that say nothing", () => {
    const units = {
      step: 4,
      classes: ["a"],
      selectivity: [0.1, null, 0.7, 0.1],
      prefers: [0, -1, 0, 0],
    };
    expect(mostSelective(units)).toEqual([2, 0, 3]);
  });
});
