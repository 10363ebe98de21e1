import { describe, expect, it } from "vitest";
import { inScene } from "./load_regions";

describe("the logits of a plane that lies turned and shifted in the scene", () => {
  it("are at the place where a point is drawn what they are at the point", () => {
    const angle = 0.7;
    const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
    // Turned and mirrored, as a refit may lie on what was there before.
    const rotation = [cos, sin, 0, sin, -cos, 0, 0, 0, 1];
    const shift = [2, -5, 0];
    const logits = Float64Array.from([1, 2, 3, -4, 0.5, -6]);
    const drawn = inScene(logits, { rotation, shift });
    for (const [u, v] of [
      [0, 0],
      [3, -1],
      [-2, 7],
    ] as const) {
      const x = cos * u + sin * v + 2;
      const y = sin * u - cos * v - 5;
      for (const c of [0, 3]) {
        const [a = 0, b = 0, d = 0] = logits.subarray(c, c + 3);
        const [p = 0, q = 0, r = 0] = drawn.subarray(c, c + 3);
        expect(p + q * x + r * y).toBeCloseTo(a + b * u + d * v, 9);
      }
    }
  });
});
