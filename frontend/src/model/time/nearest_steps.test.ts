import { describe, expect, it } from "vitest";
import { curveSentence } from "../../charts/step_curve";
import { rankedShare } from "../../panels/data_map/model";
import { nearestOf, placeIn } from "./nearest_steps";

describe("a moment among some of the steps", () => {
  it("lies between those around it", () => {
    const all = [0, 1, 2, 3, 4];
    expect([0, 1, 2, 3.5, 4].map((at) => placeIn([0, 2, 4], all, at))).toEqual([
      0, 0.5, 1, 1.75, 2,
    ]);
  });

  it("is the nearest one beyond the ends", () => {
    expect(placeIn([2, 3], [0, 2, 3, 9], 0)).toBe(0);
    expect(placeIn([2, 3], [0, 2, 3, 9], 3)).toBe(1);
  });
});

describe("the nearest of the steps that are there", () => {
  it("is the one fewest places away, of two the later one", () => {
    const all = [0, 1, 2, 10, 20];
    expect(nearestOf(all, [20, 0], 1)).toBe(0);
    expect(nearestOf(all, [1, 10], 2)).toBe(10);
    expect(nearestOf(all, [20], 0)).toBe(20);
    expect(nearestOf(all, [], 0)).toBeNull();
  });
});

describe("a share of the samples", () => {
  it("is the largest or the smallest values, never a missing one", () => {
    const values = Float32Array.of(3, Number.NaN, 1, 2, 5);
    expect(rankedShare(values, 0.5, "most")).toEqual([4, 0]);
    expect(rankedShare(values, 0.5, "least")).toEqual([2, 3]);
  });
});

describe("a curve in a sentence", () => {
  it("says its ends and its limits", () => {
    const epochs = [0, 1, 2, 3].map((epoch) => `epoch ${epoch}`);
    expect(curveSentence("Churn", "share", epochs, [null, 0.5, 0.75, 0.25])).toBe(
      "Churn from 50 % at epoch 1 to 25 % at epoch 3; lowest 25 % at epoch 3, highest 75 % at epoch 2",
    );
    expect(curveSentence("NC3", "", ["step 0"], [null])).toBe("NC3: undefined throughout");
  });
});
