import { describe, expect, it } from "vitest";
import { clipMatrix } from "./camera";
import { classMap, windowOf } from "./regions";

const SIZE = { width: 80, height: 40 };
const CLIP = clipMatrix({ kind: "plane", x: 10, y: -3, height: 4 }, SIZE);

describe("decision regions", () => {
  it("see the same place of the scene as the camera", () => {
    const window = windowOf(CLIP, SIZE);
    // 0.1 of the scene a pixel; the camera looks at the middle.
    expect(window.right).toBeCloseTo(0.1, 9);
    expect(window.down).toBeCloseTo(0.1, 9);
    expect(window.left + window.right * 40).toBeCloseTo(10, 9);
    expect(window.top - window.down * 20).toBeCloseTo(-3, 9);
  });

  it("part where two logits are equal", () => {
    // Class 0 where x is below 10.5, else class 2 where y is above -3, else class 1.
    const logits = Float64Array.from([21, -2, 0, 0, 0, 0, 3e-9, 0, 1e-9]);
    const map = classMap(logits, windowOf(CLIP, SIZE), 80, 40, 1);
    const at = (x: number, y: number) => map[y * 80 + x];
    expect([at(0, 0), at(44, 39), at(44, 0)]).toEqual([0, 0, 0]);
    expect([at(45, 0), at(79, 19)]).toEqual([2, 2]);
    expect([at(45, 20), at(79, 39)]).toEqual([1, 1]);
  });
});
