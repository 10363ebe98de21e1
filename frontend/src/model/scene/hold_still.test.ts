import { describe, expect, it } from "vitest";
import type { Dimensions, Pose } from "../../types";
import { holdStill, placesOf } from "./hold_still";
import { scenePositions } from "./pose";
import { alignRigidly } from "./rigid_motion";

const PLAIN = [0.5, 0, 0, 0, 0, 0.5, 0, 0, 0, 0, 0.5, 0, 3, -2, 1, 1];
const COUNT = 40;
const HELD = [0, 2, 3, 5, 8, 13, 21, 34];

/** A cloud, and the same one drifted: turned and shifted as a whole, while all but the held move on their own too. */
function planted(dimensions: Dimensions, mirrored = false): { before: Pose; after: Pose } {
  const before = new Int16Array(4 * COUNT);
  const after = new Int16Array(4 * COUNT);
  const [c, s] = [Math.cos(0.8), Math.sin(0.8)];
  for (let i = 0; i < COUNT; i += 1) {
    const x = 9000 * Math.sin(i * 1.7);
    const y = 7000 * Math.cos(i * i);
    const z = dimensions === 3 ? 6000 * Math.sin(i * 0.9 + 1) : 0;
    before.set([x, y, z, 0].map(Math.round), 4 * i);
    const own = HELD.includes(i) ? 0 : 4000;
    const side = mirrored ? -x : x;
    const turned = [c * side - s * y + own, s * side + c * y - 900, z];
    // In space about a second axis too.
    const [u = 0, v = 0, w = 0] = turned;
    const tumbled = dimensions === 3 ? [u, c * v - s * w, s * v + c * w] : turned;
    after.set([...tumbled, 0].map(Math.round), 4 * i);
  }
  const pose = (positions: Int16Array): Pose => ({ positions, placement: PLAIN });
  return { before: pose(before), after: pose(after) };
}

function moves(a: Pose, b: Pose): Float64Array {
  const [from, to] = [scenePositions(a), scenePositions(b)];
  return Float64Array.from({ length: COUNT }, (_, i) =>
    Math.hypot(...[0, 1, 2].map((k) => (to[3 * i + k] ?? 0) - (from[3 * i + k] ?? 0))),
  );
}

describe.each([2, 3] as const)("in %d dimensions", (dimensions) => {
  it("the held samples stay where they are while the others move", () => {
    const { before, after } = planted(dimensions);
    const drifted = moves(before, after);
    for (const id of HELD) expect(drifted[id]).toBeGreaterThan(100);
    const held = holdStill(after, HELD, placesOf(before, HELD), dimensions);
    const left = moves(before, held);
    for (let i = 0; i < COUNT; i += 1) {
      // Positions are whole numbers of half a unit.
      if (HELD.includes(i)) expect(left[i]).toBeLessThan(2);
      else expect(left[i]).toBeGreaterThan(1900);
    }
  });

  it("distances stay what they were, and nothing is mirrored", () => {
    const { before, after } = planted(dimensions, true);
    const { rotation } = alignRigidly(placesOf(after, HELD), placesOf(before, HELD), dimensions);
    const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0, i = 0] = rotation;
    const determinant = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g);
    expect(determinant).toBeCloseTo(1, 6);
    expect(a * a + d * d + g * g).toBeCloseTo(1, 6);
    expect(a * b + d * e + g * h).toBeCloseTo(0, 6);
  });

  it("one sample alone is held without a turn", () => {
    const { before, after } = planted(dimensions);
    const held = holdStill(after, [4], placesOf(before, [4]), dimensions);
    expect(moves(before, held)[4]).toBeLessThan(2);
    const { rotation } = alignRigidly(placesOf(after, [4]), placesOf(before, [4]), dimensions);
    for (const [k, value] of [1, 0, 0, 0, 1, 0, 0, 0, 1].entries()) {
      expect(rotation[k]).toBeCloseTo(value, 6);
    }
  });
});
