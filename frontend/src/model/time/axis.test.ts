import { describe, expect, it } from "vitest";
import { along, nearestPlace, spaced } from "./axis";

const STEPS = [0, 1, 10, 100];

describe("the timeline's spacing", () => {
  it("is even, or as far as the training went", () => {
    expect(spaced(STEPS, true)).toEqual([0, 1 / 3, 2 / 3, 1]);
    expect(spaced(STEPS, false)).toEqual([0, 0.01, 0.1, 1]);
    expect(spaced([7], false)).toEqual([0]);
    expect(spaced([], true)).toEqual([]);
  });

  it("goes straight between two steps", () => {
    expect(along(spaced(STEPS, false), 2.5)).toBeCloseTo(0.55, 12);
    expect(along(spaced(STEPS, false), 3)).toBe(1);
  });

  it("finds the step nearest to a place on it", () => {
    expect(nearestPlace(spaced(STEPS, false), 0.3)).toBe(2);
    expect(nearestPlace(spaced(STEPS, false), 0.6)).toBe(3);
  });
});
