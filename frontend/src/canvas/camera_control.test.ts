import { expect, test } from "vitest";
import { fitPlane, type Size } from "./camera";
import { CameraControl } from "./camera_control";

const WIDE: Size = { width: 1120, height: 764 };
const NARROW: Size = { width: 800, height: 764 };
const cloud = (reach: number) => [new Float32Array([-reach, 0, 0, reach, 1, 0])];

function eyeAtHome(still: boolean): CameraControl {
  const eye = new CameraControl(2, () => still);
  eye.setSize(WIDE);
  eye.setExtent(() => cloud(3), "other");
  return eye;
}

test.each([true, false])(
  "a stage that shrinks during the flight home shows all of home",
  (still) => {
    const eye = eyeAtHome(still);
    eye.setExtent(() => cloud(5), "whole");
    expect(eye.flying).toBe(true);

    eye.setSize(NARROW);
    eye.advance(performance.now());

    expect(eye.camera).toEqual(fitPlane(cloud(5), NARROW));
    expect(eye.flying).toBe(false);
  },
);

test("a stage that shrinks lets a flight to elsewhere go on", () => {
  const eye = eyeAtHome(true);
  eye.goTo(cloud(1)[0] as Float32Array);
  const { height, ...place } = fitPlane(cloud(1), WIDE);
  const wanted = { ...place, height: expect.closeTo(height) };

  eye.setSize(NARROW);
  eye.advance(performance.now());

  expect(eye.camera).toEqual(wanted);
  expect(eye.moved).toEqual(wanted);
});

test.each([
  ["a little smaller", 2.5, false],
  ["far smaller", 1, true],
  ["larger", 3.2, true],
])("a step whose cloud is %s than home's", (_, reach, follows) => {
  const eye = eyeAtHome(false);
  eye.setExtent(() => cloud(reach), "moved");
  expect(eye.flying).toBe(follows);
  eye.goHome();
  eye.advance(performance.now() + 1000);
  expect(eye.camera?.kind === "plane" && eye.camera.height).toBeCloseTo(
    fitPlane(cloud(reach), WIDE).height,
  );
});

test("a camera that the user has moved stays, whatever the step", () => {
  const eye = eyeAtHome(false);
  eye.zoom(2, null);
  const before = eye.camera;
  eye.setExtent(() => cloud(9), "moved");
  eye.advance(performance.now() + 1000);
  expect(eye.camera).toEqual(before);
});
