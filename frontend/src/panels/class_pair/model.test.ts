import { describe, expect, it } from "vitest";
import { type ClassPair, crossings, densities, wrongAt } from "./model";

/** Samples 7 and 8 of the first class, 3 and 4 of the second. */
const PAIR: ClassPair = {
  classes: ["a", "b"],
  steps: [0, 5, 9],
  samples: Int32Array.of(7, 8, 3, 4),
  second: Uint8Array.of(0, 0, 1, 1),
  positions: [
    Float32Array.of(-1, 0.5, 1, 1),
    Float32Array.of(-1, -0.5, -0.2, 1),
    Float32Array.of(-1, -1.5, 0.2, -2),
  ],
};

describe("two classes along their axis", () => {
  it("say which samples cross and when, those that end wrong first", () => {
    expect(crossings(PAIR)).toEqual([
      { sample: 4, steps: [9], wrongAtLast: true },
      { sample: 3, steps: [5, 9], wrongAtLast: false },
      { sample: 8, steps: [5], wrongAtLast: false },
    ]);
  });

  it("say who lies on the wrong side at a step", () => {
    expect([0, 5, 9].map((step) => wrongAt(PAIR, step))).toEqual([[8], [3], [4]]);
  });

  it("pile up where their samples lie, those beyond the ends at the ends", () => {
    const { first, second } = densities(PAIR, 0);
    expect(Math.max(...first, ...second)).toBe(1);
    // Bins of the second class's mean at 1, of the first one's at -1.
    expect(second.indexOf(Math.max(...second))).toBe(32);
    expect(first[16]).toBeGreaterThan(0);
    const far = { ...PAIR, positions: [Float32Array.of(-99, -99, 99, Number.NaN)] };
    expect(densities(far, 0).first[0]).toBe(1);
  });
});
