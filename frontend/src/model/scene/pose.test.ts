import { describe, expect, it } from "vitest";
import type { Frame } from "../../types";
import { blendPoses, extentOfPoses, poseOf, scenePositions } from "./pose";
import { UNTURNED } from "./rotations";

const frame: Frame = {
  step: 3,
  positions: new Int16Array([10, 20, 30, 0, -32768, 32767, 1, 0]),
  scale: 0.5,
  width: 4,
  offset: [1, 2, 3],
};

describe("pose_of", () => {
  it("is positions * scale + offset in 3-D", () => {
    const at = scenePositions(poseOf(frame, UNTURNED, 3));
    expect([...at]).toEqual([6, 12, 18, -16383, 16385.5, 3.5]);
  });

  it("lies flat in 2-D", () => {
    const at = scenePositions(poseOf(frame, UNTURNED, 2));
    expect([...at.slice(0, 3)]).toEqual([6, 12, 0]);
  });

  it("turns and then shifts what scale and offset give", () => {
    const quarter = { rotation: [0, -1, 0, 1, 0, 0, 0, 0, 1], shift: [100, 0, 0] };
    const at = scenePositions(poseOf(frame, quarter, 3));
    expect([...at.slice(0, 3)]).toEqual([100 - 12, 6, 18]);
  });
});

describe("blend_poses", () => {
  it("stands where the move stood, to a thousandth of the cloud", () => {
    const from = poseOf(frame, UNTURNED, 3);
    const to = poseOf({ ...frame, scale: 0.25, offset: [-5, 0, 0] }, UNTURNED, 3);
    const [a, b] = [scenePositions(from), scenePositions(to)];
    const blend = scenePositions(blendPoses(from, to, 0.3));
    for (let i = 0; i < a.length; i += 1) {
      const expected = 0.7 * (a[i] ?? 0) + 0.3 * (b[i] ?? 0);
      expect(Math.abs((blend[i] ?? 0) - expected)).toBeLessThan(16385 / 1000);
    }
  });

  it("survives a cloud in one point", () => {
    const still = poseOf(
      { ...frame, positions: new Int16Array(8), offset: [0, 0, 0] },
      UNTURNED,
      3,
    );
    expect([...scenePositions(blendPoses(still, still, 0.5))]).toEqual([0, 0, 0, 0, 0, 0]);
  });
});

describe("extent_of_poses", () => {
  it("keeps the poses apart, and thins what is too much evenly", () => {
    const pose = poseOf(frame, UNTURNED, 3);
    expect(extentOfPoses([pose, pose]).map((cloud) => cloud.length)).toEqual([6, 6]);
    const large = { ...pose, positions: new Int16Array(4 * 300_000) };
    expect((extentOfPoses([large])[0]?.length ?? 0) / 3).toBeLessThanOrEqual(200_000);
  });
});
