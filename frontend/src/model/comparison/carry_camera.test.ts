import { describe, expect, it } from "vitest";
import type { PlaneCamera, SpaceCamera } from "../../types";
import { carryCamera } from "./carry_camera";

const plane = (x: number, y: number, height: number): PlaneCamera => ({
  kind: "plane",
  x,
  y,
  height,
});
const space = (x: number, distance: number, turn: number): SpaceCamera => ({
  kind: "space",
  target: [x, 0, 0],
  distance,
  turn,
  lift: 0.3,
});

describe("a camera carried to another picture", () => {
  it("stands at home where it stood at home", () => {
    const [from, to] = [plane(1, 2, 10), plane(-5, 0, 200)];
    expect(carryCamera(from, from, to)).toEqual(to);
  });

  it("looks at the same part of the picture, as much enlarged", () => {
    const carried = carryCamera(plane(3, 2, 5), plane(1, 2, 10), plane(-5, 0, 200));
    expect(carried).toEqual(plane(35, 0, 100));
  });

  it("looks from the same side in space", () => {
    expect(carryCamera(space(2, 5, 1.2), space(0, 10, 0.6), space(4, 30, 0.6))).toEqual(
      space(10, 15, 1.2),
    );
  });

  it("is none where the other picture has other dimensions", () => {
    expect(carryCamera(plane(0, 0, 1), plane(0, 0, 1), space(0, 1, 0))).toBeNull();
  });
});
