import { describe, expect, it } from "vitest";
import type { Frame } from "../../types";
import { COMPONENTS, FIRST_AXES, seenAlong, tour, turnTo, UNTURNED_AXES } from "./components";

/** Two samples, of which the second has ten times its component's number in each. */
const frame: Frame = {
  step: 3,
  width: COMPONENTS,
  positions: Int16Array.from([...Array(10).fill(0), 10, 20, 30, 40, 50, 60, 70, 80, 90, 100]),
  scale: 0.5,
  offset: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
};

function seen(view: Frame, sample: number): number[] {
  return [0, 1, 2].map(
    (axis) => (view.positions[4 * sample + axis] ?? 0) * view.scale + (view.offset[axis] ?? 0),
  );
}

describe("seen_along", () => {
  it("shows the components that are on the axes", () => {
    const view = seenAlong(turnTo([9, 0, 4]), frame);
    expect(view.width).toBe(4);
    expect(seen(view, 0)).toEqual([10, 1, 5]);
    expect(seen(view, 1)).toEqual([60, 6, 30]);
  });

  it("mixes them where the view is turned, and does not overflow", () => {
    const share = Math.SQRT1_2;
    const mixed = Array.from({ length: COMPONENTS }, (_, i) => (i < 2 ? share : 0));
    const wide = { ...frame, positions: frame.positions.map((value) => value * 320) };
    const view = seenAlong([mixed, ...UNTURNED_AXES.slice(1)], wide);
    expect(seen(view, 1)[0]).toBeCloseTo(share * (1 + 1600 + 2 + 3200), 0);
  });
});

describe("the grand tour", () => {
  it("starts where the view stands", () => {
    const from = turnTo([4, 7, 1]);
    expect(tour(from, 0, 3)).toEqual(from);
  });

  it.each([2, 3])("keeps directions of length one at right angles in %i-D", (dimensions) => {
    for (const seconds of [1, 17, 300]) {
      const turn = tour(turnTo(FIRST_AXES), seconds, dimensions);
      for (const [i, a] of turn.entries()) {
        for (const [j, b] of turn.entries()) {
          const product = a.reduce((sum, value, k) => sum + value * (b[k] ?? 0), 0);
          expect(product).toBeCloseTo(i === j ? 1 : 0, 9);
        }
      }
    }
  });

  it("comes past every component, and slowly", () => {
    const strongest = Array(COMPONENTS).fill(0);
    let before = tour(UNTURNED_AXES, 0, 2);
    let quickest = 0;
    for (let seconds = 0.1; seconds < 200; seconds += 0.1) {
      const turn = tour(UNTURNED_AXES, seconds, 2);
      for (let axis = 0; axis < 2; axis += 1) {
        for (let i = 0; i < COMPONENTS; i += 1) {
          const share = turn[axis]?.[i] ?? 0;
          strongest[i] = Math.max(strongest[i], Math.abs(share));
          quickest = Math.max(quickest, Math.abs(share - (before[axis]?.[i] ?? 0)));
        }
      }
      before = turn;
    }
    expect(quickest).toBeLessThan(0.1);
    expect(Math.min(...strongest)).toBeGreaterThan(0.5);
  });
});
