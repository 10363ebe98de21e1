import { expect, it } from "vitest";
import { median, pathLengths } from "./path_length";

const pose = (points: readonly (readonly number[])[], scale: number) => ({
  positions: Int16Array.from(points.flatMap(([x = 0, y = 0, z = 0]) => [x, y, z, 0])),
  placement: [scale, 0, 0, 0, 0, scale, 0, 0, 0, 0, scale, 0, 5, 0, 0, 1],
});

it("a path is as long as its steps together, in the scene's units", () => {
  const poses = [
    pose(
      [
        [0, 0, 0],
        [1, 1, 1],
      ],
      1,
    ),
    pose(
      [
        [3, 4, 0],
        [1, 1, 1],
      ],
      1,
    ),
    pose(
      [
        [6, 8, 24],
        [2, 2, 2],
      ],
      0.5,
    ),
  ];
  expect([...pathLengths(poses)]).toEqual([5 + 12, 0]);
  expect([...pathLengths([])]).toEqual([]);
});

it("the median is the middle one, or between the two of them", () => {
  expect(median(Float64Array.of(9, 1, 4))).toBe(4);
  expect(median(Float64Array.of(9, 1, 4, 2))).toBe(3);
});
